import { removedVerb, stoppedApiServer } from './api-server-scenarios.ts';
import {
  expiredCertificate,
  renewedLeaf,
  rotatedAuthority,
  vandalizedBundle,
} from './certificate-scenarios.ts';
import { killedReplica, rollingRestart, wrongClock } from './replica-scenarios.ts';
import type { Scenario } from './scenario.ts';

export const SCENARIOS: readonly Scenario[] = [
  rollingRestart,
  renewedLeaf,
  rotatedAuthority,
  expiredCertificate,
  vandalizedBundle,
  killedReplica,
  stoppedApiServer,
  wrongClock,
  removedVerb,
];
