import {
  BarGaugeDisplayMode,
  BigValueColorMode,
  BigValueGraphMode,
  BigValueJustifyMode,
  BigValueTextMode,
  DashboardCursorSync,
  defaultDashboard,
  LegendDisplayMode,
  MappingType,
  type Dashboard,
  type FieldConfig,
  type GridPos,
  type Panel,
  type RowPanel,
  SortOrder,
  StackingMode,
  ThresholdsMode,
  TooltipDisplayMode,
  VariableRefresh,
  type VariableModel,
  VariableSort,
  VizOrientation,
} from '@grafana/schema';
import { ADMISSION_ROWS } from './admission-rows.ts';
import type { DashboardPanel, StatPanel } from './panel.ts';
import { SYSTEM_ROWS } from './system-rows.ts';

const DATA_SOURCE = { type: 'prometheus', uid: '${datasource}' } as const;
const GRID_WIDTH = 24;

/** Columns and lines that a panel takes: three graphs fill a line, or eight values. */
const SIZES = {
  stat: { w: 3, h: 4 },
  graph: { w: 8, h: 8 },
  bars: { w: 8, h: 8 },
} as const satisfies Record<DashboardPanel['kind'], Pick<GridPos, 'w' | 'h'>>;

const TOOLTIP = { mode: TooltipDisplayMode.Multi, sort: SortOrder.Descending };
const LAST_VALUE = { calcs: ['lastNotNull'], fields: '', values: false };

function statFields({ thresholds, words }: StatPanel): FieldConfig {
  const steps = thresholds.map(([value, color]) => ({ value, color }));
  const options = Object.entries(words ?? {}).map(([value, text]) => [value, { text }] as const);
  return {
    thresholds: { mode: ThresholdsMode.Absolute, steps },
    ...(words === undefined
      ? {}
      : { mappings: [{ type: MappingType.ValueToText, options: Object.fromEntries(options) }] }),
  };
}

/** Returns what differs between the kinds of panels: the visualization, its options, and how values are drawn. */
function visualize(
  panel: DashboardPanel,
): Pick<Panel, 'type' | 'options'> & { readonly defaults: FieldConfig } {
  switch (panel.kind) {
    case 'stat':
      return {
        type: 'stat',
        options: {
          colorMode: BigValueColorMode.Value,
          graphMode: BigValueGraphMode.None,
          justifyMode: BigValueJustifyMode.Auto,
          orientation: VizOrientation.Auto,
          reduceOptions: LAST_VALUE,
          textMode: BigValueTextMode.Value,
        },
        defaults: statFields(panel),
      };
    case 'bars':
      return {
        type: 'bargauge',
        options: {
          displayMode: BarGaugeDisplayMode.Basic,
          orientation: VizOrientation.Horizontal,
          reduceOptions: LAST_VALUE,
          showUnfilled: false,
        },
        defaults: { decimals: 0, min: 0 },
      };
    case 'graph':
      return {
        type: 'timeseries',
        options: {
          legend: {
            calcs: ['mean', 'max'],
            displayMode: LegendDisplayMode.Table,
            placement: 'bottom',
            showLegend: true,
          },
          tooltip: TOOLTIP,
        },
        defaults: {
          min: 0,
          custom: {
            fillOpacity: panel.isStacked === true ? 30 : 0,
            lineWidth: 1,
            showPoints: 'never',
            stacking: { mode: panel.isStacked === true ? StackingMode.Normal : StackingMode.None },
          },
        },
      };
  }
}

function createPanel(panel: DashboardPanel, id: number, gridPos: GridPos): Panel {
  const { type, options, defaults } = visualize(panel);
  // Values of the whole selected time are computed once, for its end.
  const isInstant = panel.kind !== 'graph';
  return {
    id,
    type,
    title: panel.title,
    description: panel.description,
    gridPos,
    datasource: DATA_SOURCE,
    fieldConfig: { defaults: { unit: panel.unit, ...defaults }, overrides: [] },
    ...(options === undefined ? {} : { options }),
    targets: panel.queries.map(({ expr, legend }, at) => ({
      refId: String.fromCodePoint('A'.charCodeAt(0) + at),
      datasource: DATA_SOURCE,
      editorMode: 'code',
      expr,
      instant: isInstant,
      range: !isInstant,
      legendFormat: legend ?? '__auto',
    })),
  };
}

/** Places the panels from left to right, each row below its heading. */
function layOut(): (Panel | RowPanel)[] {
  const placed: (Panel | RowPanel)[] = [];
  let y = 0;
  for (const { title, panels } of [...ADMISSION_ROWS, ...SYSTEM_ROWS]) {
    const gridPos = { x: 0, y, w: GRID_WIDTH, h: 1 };
    placed.push({ id: placed.length + 1, type: 'row', title, collapsed: false, gridPos, panels: [] });
    y += 1;
    let x = 0;
    let height = 0;
    for (const panel of panels) {
      const { w, h } = SIZES[panel.kind];
      if (x + w > GRID_WIDTH) {
        x = 0;
        y += height;
      }
      placed.push(createPanel(panel, placed.length + 1, { x, y, w, h }));
      x += w;
      height = h;
    }
    y += height;
  }
  return placed;
}

function labelVariable(
  name: string,
  {
    query,
    allValue,
    description,
  }: Pick<VariableModel, 'allValue' | 'description'> & { readonly query: string },
): VariableModel {
  return {
    name,
    type: 'query',
    label: name,
    ...(description === undefined ? {} : { description }),
    datasource: DATA_SOURCE,
    query: { query, refId: name },
    refresh: VariableRefresh.onTimeRangeChanged,
    sort: VariableSort.alphabeticalAsc,
    includeAll: true,
    multi: true,
    ...(allValue === undefined ? {} : { allValue }),
    current: { text: ['All'], value: ['$__all'] },
  };
}

const VARIABLES: readonly VariableModel[] = [
  {
    name: 'datasource',
    type: 'datasource',
    label: 'data source',
    query: 'prometheus',
    current: { text: 'default', value: 'default' },
  },
  labelVariable('job', { query: 'label_values(wasmgate_build_info, job)' }),
  // Without the Prometheus Operator, series may have no label `pod`; `.*` matches these, too.
  labelVariable('pod', { query: 'label_values(wasmgate_build_info{job=~"$job"}, pod)', allValue: '.*' }),
];

export const DASHBOARD: Dashboard = {
  uid: 'wasmgate',
  title: 'wasmgate',
  description: 'What wasmgate decides about Pods, what it waits for, and what it needs.',
  tags: ['kubernetes', 'wasm'],
  editable: true,
  graphTooltip: DashboardCursorSync.Crosshair,
  panels: layOut(),
  refresh: '1m',
  schemaVersion: defaultDashboard.schemaVersion ?? 0,
  templating: { list: [...VARIABLES] },
  time: { from: 'now-6h', to: 'now' },
  timezone: 'browser',
};

/** manifests/components/monitoring/dashboard.json, in the classic format, which every version of Grafana imports. */
export function dashboardPage(): string {
  return `${JSON.stringify(DASHBOARD, null, 2)}\n`;
}
