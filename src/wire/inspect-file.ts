import { reportImage, type DescribedImage } from '../assess/inspect/image-report.ts';
import type { DescribedWasmFile } from '../assess/inspect/wasm-file-report.ts';
import type { InspectRequest } from '../cli/inspect/inspect-request.ts';
import { createFileRegistry } from '../image-files/file-registry.ts';
import { selectImage, type StoredImage } from '../image-files/image-file.ts';
import type { ImageLocation } from '../image-files/locate-image.ts';
import { openImageFile, type OpenedFile } from '../image-files/open-image-file.ts';
import { packWasmFile, PACKAGINGS } from '../image-files/wasm-file.ts';
import type { Platform } from '../image/platform.ts';
import { parseReference, type Reference } from '../image/reference.ts';
import { inspectReference } from '../images/inspect-reference.ts';
import { createPeekImage } from '../images/peek-image.ts';
import type { RegistryPort } from '../images/ports.ts';

/** Stands for the reference of an image that has none, in advice such as `REGISTRY/REPOSITORY@sha256:…`. */
const NAMELESS: Reference = { registry: 'REGISTRY', repository: 'REPOSITORY', tag: null, digest: null };

interface FileInspection extends Pick<InspectRequest, 'platform' | 'command' | 'peek'> {
  readonly nodes: readonly Platform[];
  readonly signal: AbortSignal;
}

/** A registry whose only image is that of the file. */
interface Source {
  readonly registry: RegistryPort;
  readonly reference: Reference;
  readonly name: string;
}

async function inspectOne(
  { registry, reference, name }: Source,
  { platform, command, peek, nodes, signal }: FileInspection,
): Promise<DescribedImage> {
  const override = { command };
  const inspected = await inspectReference(
    { registry, peek: peek ? createPeekImage({ registry }) : null },
    { reference, name, platform, nodes, override, credentials: [], signal, tenant: '' },
  );
  return reportImage(reference, inspected, { override, nodes, name, traffic: { requests: 0, bytes: 0 } });
}

/** Returns the reference by which messages name parts of the image. */
function referenceOf({ references: [reference] }: StoredImage): Reference {
  return reference === undefined ? NAMELESS : { ...parseReference(reference), digest: null };
}

async function inspectImageFile(
  { file, format }: Extract<OpenedFile, { kind: 'images' }>,
  { text: name, selector }: ImageLocation,
  inspection: FileInspection,
): Promise<DescribedImage> {
  try {
    const image = selectImage(file, selector);
    const [label] = image.references.length > 0 ? image.references : image.labels;
    const registry = createFileRegistry({ file, image, name });
    const described = await inspectOne({ registry, reference: referenceOf(image), name }, inspection);
    return { ...described, file: label === undefined ? format : `${format}, with the image ${label}` };
  } finally {
    await file.close();
  }
}

/** Inspects an image of a file, or shows what a Wasm file would be in each packaging. */
export async function inspectFile(
  location: ImageLocation,
  inspection: FileInspection,
): Promise<DescribedImage | DescribedWasmFile> {
  const opened = await openImageFile(location, inspection.signal);
  if (opened.kind === 'images') return inspectImageFile(opened, location, inspection);
  const packaged: { packaging: string; image: DescribedImage }[] = [];
  for (const packaging of PACKAGINGS) {
    const registry = await packWasmFile(opened, packaging);
    const source = { registry, reference: NAMELESS, name: location.text };
    packaged.push({ packaging, image: await inspectOne(source, inspection) });
  }
  return { file: location.text, shape: opened.shape, packaged };
}
