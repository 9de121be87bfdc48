import type { Packaging } from '../../../src/detect/verdict.ts';

/** The lowest memory limit, in MiB, with which a module started in three of three runs. */
export interface MeasuredFloor {
  readonly module: string;
  readonly handler: 'crun' | 'wasmedge' | 'wasmtime';
  readonly packaging: Packaging;
  readonly threads: number;
  /** Size of the layer: compressed with gzip for tar, raw for a Wasm layer. */
  readonly bytes: number;
  readonly mebibytes: number;
}

type Cells = readonly [
  crun: number | null,
  wasmedge: number | null,
  wasmedgeLayer: number | null,
  wasmtimeOneThread: number | null,
  wasmtimeTwoThreads: number | null,
  wasmtimeLayer: number | null,
];

/** Module, raw bytes, gzip bytes, floors. Measured on the runtimes that memory-floor.ts names; null: not run. */
const ROWS: readonly (readonly [module: string, raw: number, gzip: number, cells: Cells])[] = [
  ['wat-hello', 183, 238, [0.8, 1.9, 1.9, 1.6, 1.8, 1.3]],
  ['as-hello', 8_687, 4_279, [1.1, 2.1, 2.1, 2.1, 2.9, 1.3]],
  ['c-hello-s', 18_160, 7_706, [1.3, 2.1, 2.1, 6.1, 7.4, 1.5]],
  ['wat-hello-comp', 18_304, 6_366, [null, null, null, 2.6, 3.1, 1.6]],
  ['rust-hello-s', 75_368, 28_405, [2.9, 4.2, 4.2, 6.1, 6.7, 1.6]],
  ['c-hello', 89_368, 34_305, [1.5, 2.1, 2.4, 6.1, 7.4, 1.5]],
  ['cpp-iostream-s', 220_794, 60_539, [7.4, 9, 9, 13.1, 19.2, 2.4]],
  ['c-lua-s', 224_125, 91_568, [6.7, 8.1, 8.1, 14.4, 15.9, 2.6]],
  ['c-sqlite-oz', 653_930, 292_798, [21, 23, 23, 34, 45, 4.6]],
  ['c-sqlite-s', 740_571, 307_796, [21, 26, 26, 34, 45, 4.6]],
  ['cpp-iostream', 1_296_181, 339_499, [8.1, 9.9, 9.9, 14.4, 19.2, 2.6]],
  ['js-qjs-comp', 1_588_439, 562_717, [null, null, null, 55, 80, 8.1]],
  ['c-sqlite', 1_931_780, 714_836, [50, 55, 55, 55, 66, 8.1]],
  ['go-hello-oz', 2_446_407, 731_405, [60, 66, 66, 60, 73, 10.8]],
  ['go-hello-sw', 2_554_109, 734_888, [60, 73, 66, null, 66, 10.8]],
  ['go-hello', 2_604_122, 751_005, [60, 73, 66, 66, 73, 11.9]],
  ['go-json', 3_846_463, 1_065_130, [97, 107, 97, 88, 97, 15.9]],
  ['c-data4m', 4_221_869, 4_207_966, [14.4, 19.2, 17.4, 19.2, 21, 9.9]],
  ['rust-hello', 5_830_233, 1_483_011, [9.9, 21, 17.4, 11.9, 13.1, 1.8]],
  ['go-http-oz', 8_865_647, 2_526_633, [208, 229, 229, null, 208, 34]],
  ['go-http-sw', 9_526_953, 2_545_064, [229, 252, 252, 208, 208, 37]],
  ['js-sm19-comp', 11_565_592, 3_709_982, [null, null, null, null, 368, 55]],
  ['go-http', 15_869_539, 3_818_010, [368, 405, 368, null, 335, 55]],
];

function floorsOf([module, raw, gzip, cells]: (typeof ROWS)[number]): readonly MeasuredFloor[] {
  const columns = [
    { handler: 'crun', packaging: 'tar', threads: 1 },
    { handler: 'wasmedge', packaging: 'tar', threads: 1 },
    { handler: 'wasmedge', packaging: 'oci-layer', threads: 1 },
    { handler: 'wasmtime', packaging: 'tar', threads: 1 },
    { handler: 'wasmtime', packaging: 'tar', threads: 2 },
    { handler: 'wasmtime', packaging: 'oci-layer', threads: 1 },
  ] as const;
  return columns.flatMap((column, index) => {
    const mebibytes = cells[index] ?? null;
    return mebibytes === null
      ? []
      : { module, ...column, bytes: column.packaging === 'tar' ? gzip : raw, mebibytes };
  });
}

export const MEASURED_FLOORS: readonly MeasuredFloor[] = ROWS.flatMap(floorsOf);
