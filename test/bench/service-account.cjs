// Loaded before the webhook (--import): a Pod's ServiceAccount files, which live at a fixed place that only a cluster can
// fill, are read from the folder BENCH_SERVICE_ACCOUNT instead. Nothing else differs from a start inside of a Pod.
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

const PLACE = '/var/run/secrets/kubernetes.io/serviceaccount';
const { readFile } = fs;
fs.readFile = (path, options) =>
  readFile(String(path).replace(PLACE, process.env.BENCH_SERVICE_ACCOUNT ?? PLACE), options);
syncBuiltinESMExports();
