import type { Row } from './bench-row.ts';
import { apiServer } from './rows/api-server.ts';
import { audit } from './rows/audit.ts';
import { burst } from './rows/burst.ts';
import { cold } from './rows/cold.ts';
import { go } from './rows/go.ts';
import { growth } from './rows/growth.ts';
import { images } from './rows/images.ts';
import { latency } from './rows/latency.ts';
import { review } from './rows/review.ts';
import { start } from './rows/start.ts';
import { warm } from './rows/warm.ts';

/** In the order of the table. */
export const ROWS: readonly Row[] = [
  warm,
  go,
  latency,
  apiServer,
  cold,
  burst,
  growth,
  images,
  start,
  review,
  audit,
];
