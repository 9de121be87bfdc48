import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request } from 'undici';
import type { Attack, Target } from './attack.ts';
import { podReview } from './pod-review.ts';
import type { ProgramFigures } from './program.ts';
import { setUpStage, VICTIM_IMAGES, victimNamespace, type AttackStage } from './stage.ts';
import { askVictims, type Ask, type Victim, type VictimFigures } from './victims.ts';

export interface AttackFigures extends VictimFigures, ProgramFigures {
  readonly name: string;
  readonly title: string;
}

export interface AttackOptions {
  readonly seconds: number;
  readonly victimsPerSecond: number;
  /** The webhook's timeout: its caller waits no longer. */
  readonly timeoutSeconds: number;
}

const DEFAULTS = {
  /** Milliseconds between the start of the attack and the first victim. */
  headStartMilliseconds: 500,
} as const;

const KINDS = Object.entries(VICTIM_IMAGES);

/** Half of the Pods have an image that is new to wasmgate, half a cached one. */
function victim(index: number, registry: string): Victim {
  const [image = '', runtimeClass = ''] = KINDS[index % KINDS.length] ?? [];
  const tag = index % 2 === 0 ? `1.${index}` : 'latest';
  const review = podReview({
    namespace: victimNamespace(index),
    images: [`${registry}/corpus/${image}:${tag}`],
  });
  return { ...review, runtimeClass };
}

function createAsk(port: number, timeoutSeconds: number, agent: () => Agent): Ask {
  return async (body) => {
    const answer = await request(`https://127.0.0.1:${port}/mutate?timeout=${timeoutSeconds}s`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
      dispatcher: agent(),
      signal: AbortSignal.timeout(timeoutSeconds * 1000),
    });
    return answer.body.text();
  };
}

interface Checks extends Pick<Target, 'check'> {
  readonly finish: () => Promise<readonly boolean[]>;
}

function createChecks(): Checks {
  const checks: Promise<boolean>[] = [];
  return {
    check: (works) => void checks.push(works().catch(() => false)),
    finish: () => Promise.all(checks),
  };
}

async function measure(attack: Attack, stage: AttackStage, options: AttackOptions): Promise<AttackFigures> {
  const { program, ca, registry, registryNamed } = stage;
  await using agents = new AsyncDisposableStack();
  const newAgent = (): Agent => agents.adopt(new Agent({ connect: { ca } }), (agent) => agent.destroy());
  const [victims, attackers] = [newAgent(), newAgent()];
  const ask = createAsk(
    program.port,
    options.timeoutSeconds,
    attack.newConnections === true ? newAgent : () => victims,
  );
  const attackersAsk = createAsk(program.port, options.timeoutSeconds, () => attackers);
  const apply: Target['apply'] = ({ body }) => void attackersAsk(body).catch(() => undefined);
  const { check, finish } = createChecks();
  const { name, title } = attack;
  const { port, metricsPort } = program;
  // Excludes one-time compilation and caching from the attack.
  for (let index = 0; index < KINDS.length * 2; index += 1) await ask(victim(index, registry.host).body);
  const stop = new AbortController();
  const attacking = attack.run({ port, metricsPort, registry: registry.host, apply, check }, stop.signal);
  await sleep(DEFAULTS.headStartMilliseconds);
  const end = AbortSignal.timeout(options.seconds * 1000);
  const registryOf = attack.victimsByName === true ? registryNamed : () => registry.host;
  const next = (index: number): Victim => victim(index + 2 * KINDS.length, registryOf(index));
  const perSecond = options.victimsPerSecond;
  const figures = await askVictims(ask, next, { perSecond, signal: end });
  stop.abort();
  await attacking;
  const checks = await finish();
  return {
    name,
    title,
    ...figures,
    asked: figures.asked + checks.length,
    judged: figures.judged + checks.filter(Boolean).length,
    ...(await program.figures()),
  };
}

/** Attacks a separate program, and measures the effect on the attacker's neighbors. */
export async function runAttack(
  attack: Attack,
  main: string,
  options: AttackOptions,
): Promise<AttackFigures> {
  await using stage = await setUpStage(attack, main);
  try {
    return await measure(attack, stage, options);
  } catch (error) {
    throw new Error(`Cannot measure attack "${attack.name}"\n${stage.program.output()}`, { cause: error });
  }
}
