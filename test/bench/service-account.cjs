// Loaded before the webhook (--require): a Pod's ServiceAccount files, which live at a fixed place that only a cluster can
// fill, are read from the folder BENCH_SERVICE_ACCOUNT instead. Nothing else differs from a start inside of a Pod.
const fs = require('node:fs/promises');

const PLACE = '/var/run/secrets/kubernetes.io/serviceaccount';
const { readFile } = fs;
fs.readFile = (path, options) =>
  readFile(String(path).replace(PLACE, process.env.BENCH_SERVICE_ACCOUNT ?? PLACE), options);
