/** Numbers of the ELF format, for 64 bits and little endian (amd64, arm64). */
const ELF = {
  magic: '\u007FELF\u0002\u0001',
  machine: {
    offset: 18,
    names: new Map([
      [62, 'amd64'],
      [183, 'arm64'],
    ]),
  },
  programHeaders: { offset: 32, size: 56, count: 56 },
  segment: { load: 1, dynamic: 2, interpreter: 3 },
  tag: { needed: 1n, stringTable: 5n },
} as const;

interface Segment {
  readonly type: number;
  readonly offset: number;
  readonly address: bigint;
  readonly size: number;
}

/** What the dynamic loader loads for a program or library: its interpreter, and the names of libraries. */
export interface LinkedLibraries {
  /** As Docker names architectures; undefined for another one. */
  readonly architecture: string | undefined;
  readonly interpreter: string | null;
  readonly needed: readonly string[];
}

/** Reads which libraries an ELF file is linked with, as `ldd` does for the machine's own architecture only. */
export function linkedLibraries(file: Buffer): LinkedLibraries {
  if (file.toString('latin1', 0, ELF.magic.length) !== ELF.magic) {
    throw new Error('this is no 64-bit little-endian ELF file');
  }
  const segments = readSegments(file);
  const of = (type: number) => segments.find((segment) => segment.type === type);
  const interpreter = of(ELF.segment.interpreter);
  const dynamic = of(ELF.segment.dynamic);
  return {
    architecture: ELF.machine.names.get(file.readUInt16LE(ELF.machine.offset)),
    interpreter: interpreter === undefined ? null : readString(file, interpreter.offset),
    needed: dynamic === undefined ? [] : readNeeded(file, dynamic, segments),
  };
}

function readSegments(file: Buffer): readonly Segment[] {
  const { offset, size, count } = ELF.programHeaders;
  const first = Number(file.readBigUInt64LE(offset));
  return Array.from({ length: file.readUInt16LE(count) }, (_, index) => {
    const at = first + index * size;
    return {
      type: file.readUInt32LE(at),
      offset: Number(file.readBigUInt64LE(at + 8)),
      address: file.readBigUInt64LE(at + 16),
      size: Number(file.readBigUInt64LE(at + 32)),
    };
  });
}

function readNeeded(file: Buffer, dynamic: Segment, segments: readonly Segment[]): readonly string[] {
  const entries = Array.from({ length: dynamic.size / 16 }, (_, index) => {
    const at = dynamic.offset + index * 16;
    return { tag: file.readBigUInt64LE(at), value: file.readBigUInt64LE(at + 8) };
  });
  const table = entries.find(({ tag }) => tag === ELF.tag.stringTable)?.value ?? 0n;
  const segment = segments.find(
    ({ type, address, size }) =>
      type === ELF.segment.load && address <= table && table < address + BigInt(size),
  );
  if (segment === undefined) throw new Error('its table of strings is in no segment');
  const strings = segment.offset + Number(table - segment.address);
  return entries
    .filter(({ tag }) => tag === ELF.tag.needed)
    .map(({ value }) => readString(file, strings + Number(value)));
}

function readString(file: Buffer, offset: number): string {
  return file.toString('latin1', offset, file.indexOf(0, offset));
}
