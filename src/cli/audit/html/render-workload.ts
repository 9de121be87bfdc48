import type { AuditedWorkload, AuditFinding } from '../../../audit/audit-report.ts';
import {
  OPEN_MATTERS,
  SEVERITIES,
  type ReportedChange,
  type ReportedImage,
} from '../../../audit/reported-item.ts';
import { counted } from '../../../lib/words.ts';
import { describeSummary } from '../../../policy/describe.ts';
import { describeDeniedPods } from '../../item-lines.ts';
import { toYaml } from '../../serialize.ts';
import { markup, type Html } from './markup.ts';
import type { Numbered } from './namespaces.ts';
import { labelFor, number, prose, renderFix, sign, table, titleOf } from './words.ts';

function remarksOf(workload: AuditedWorkload): readonly string[] {
  const { hangsOn, notes, mode } = workload;
  const denial = describeDeniedPods(workload, workload.subject.kind);
  const matters = hangsOn.map((matter) => OPEN_MATTERS[matter]);
  return [
    ...(denial === null ? [] : [`${denial}.`]),
    ...(matters.length === 0 ? [] : [`It depends on what wasmgate could not read: ${matters.join(', ')}.`]),
    ...(mode === null || mode === 'enforce' ? [] : [`wasmgate is in mode ${mode} here.`]),
    ...notes,
  ];
}

function renderFinding({ severity, id, container, action, message, advice, pods }: AuditFinding): Html {
  const where = [
    ...(container === null ? [] : [`container ${container}`]),
    ...(pods === null ? [] : [counted(pods, 'running Pod')]),
    ...(action === 'excepted' ? ['excepted in this namespace'] : []),
  ];
  return markup`<li>${sign(severity)}<div><p><span class="vh">${severity}: </span><code>${id}</code> <span class="soft">${where.join(', ')}</span></p><p>${prose(message)}</p>${renderFix(advice)}</div></li>
`;
}

/** Renders a change as added lines of YAML, with the reason below. */
function renderChange({ field, value, reason }: ReportedChange): Html {
  const lines = toYaml({ [field]: value })
    .trimEnd()
    .split('\n');
  return markup`<ins>${lines.map((line) => `+ ${line}\n`)}</ins><span class="soft">  # ${reason}</span>
`;
}

function renderChanges({ changes, patch }: AuditedWorkload): Html | null {
  if (changes.length === 0) return null;
  const title = patch.length > 0 ? 'Changes' : 'Changes that mode enforce would make';
  return markup`<h4>${title}</h4><pre class="diff">${changes.map(renderChange)}</pre>`;
}

const IMAGE_COLUMNS = [{ title: 'Container' }, { title: 'Image' }, { title: 'Kind' }];

function renderImage({ container, image, verdict }: ReportedImage): Html {
  const name = image === '' ? 'no image' : image;
  return markup`<tr><th scope="row">${container}</th><td><code>${name}</code></td><td>${describeSummary(verdict)}</td></tr>
`;
}

function classWords({ runtimeClass }: AuditedWorkload): Html | null {
  if (runtimeClass === null) return null;
  const { name, handler, origin } = runtimeClass;
  if (origin === 'none') return markup`<span class="chip">${name} <span class="soft">missing</span></span>`;
  const runs = handler === null || handler === name ? null : markup` <span class="soft">${handler}</span>`;
  const chosen = origin === 'chosen' ? markup`<span class="soft">gets</span> ` : null;
  return markup`<span class="chip">${chosen}${name}${runs}</span>`;
}

function podWords({ pods: { running, failing } }: AuditedWorkload): Html {
  if (failing === 0) return markup`<span class="soft">${counted(running, 'Pod')}</span>`;
  return markup`<span class="lacking">${number(failing)} of ${counted(running, 'Pod')} failing</span>`;
}

function tallies({ findings }: AuditedWorkload): readonly Html[] {
  return SEVERITIES.flatMap((severity) => {
    const count = findings.filter((finding) => finding.severity === severity).length;
    if (count === 0) return [];
    return [
      markup`<span class="tally">${sign(severity)}${number(count)}<span class="vh"> ${severity}</span></span>`,
    ];
  });
}

/** Renders one line: outcome, name, class, Pods and findings. */
function renderLine(workload: AuditedWorkload): Html {
  const { subject } = workload;
  const label = labelFor(workload);
  return markup`<span class="outcome ${label}">${label}</span><span class="name"><span class="soft">${subject.kind}</span> ${subject.name}</span><span class="facets">${classWords(workload)}${podWords(workload)}${tallies(workload)}</span>`;
}

export function renderWorkload({ workload, index }: Numbered): Html {
  const { findings, images, pods } = workload;
  const remarks = remarksOf(workload).map((remark) => markup`<p class="remark">${remark}</p>`);
  const such =
    pods.examples.length === 0
      ? null
      : markup`<p class="soft">Failing Pods, such as ${pods.examples.join(', ')}.</p>`;
  const caption = `Images of ${titleOf(workload)}`;
  return markup`<details class="workload"><summary>${renderLine(workload)}</summary>
<div class="body" id="w${index}">
${remarks}${such}
${findings.length === 0 ? null : markup`<ul class="list">${findings.map(renderFinding)}</ul>`}
${renderChanges(workload)}
${images.length === 0 ? null : table(caption, IMAGE_COLUMNS, images.map(renderImage))}
</div></details>
`;
}
