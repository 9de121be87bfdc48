import type { Row } from './bench-row.ts';
import { audit } from './rows/audit.ts';
import { go } from './rows/go.ts';
import { growth } from './rows/growth.ts';
import { latency } from './rows/latency.ts';
import { review } from './rows/review.ts';
import { start } from './rows/start.ts';
import { warm } from './rows/warm.ts';

/** In the order of the table. */
export const ROWS: readonly Row[] = [warm, go, latency, growth, start, review, audit];
