import { measureLargePods } from './large-pods.ts';
import { pin } from './pinning.ts';
import { describeFigures, type Figures } from './report.ts';
import { setUpStage } from './stage.ts';
import { measureStarts } from './starts.ts';
import { measureThroughput } from './throughput.ts';

async function measure(tell: (what: string) => void): Promise<Figures> {
  tell('building the bundle …');
  await using stage = await setUpStage();
  const pinning = pin();
  const { ca } = stage;
  tell('starting it, in a cluster and with a kubeconfig, several times each …');
  const inCluster = await measureStarts(stage.inCluster, { pinning, ca });
  const withKubeconfig = await measureStarts(stage.withKubeconfig, { pinning, ca });
  tell('loading it and bare Fastify by turns …');
  const throughput = await measureThroughput(stage, pinning);
  tell('deciding about Pods of very many containers …');
  const largePods = measureLargePods();
  const { description } = pinning;
  return { node: process.version, pinning: description, throughput, inCluster, withKubeconfig, largePods };
}

const asJson = process.argv.includes('--json');
const figures = await measure((what) => console.error(what));
console.log(asJson ? JSON.stringify(figures, null, 2) : describeFigures(figures));
