// Pushing: skopeo for real images, plain requests for many names of one.
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Running } from './process';
import { ADMIN, type Server } from './servers';

const FIXTURES = process.env.PORTOLAN_TEST_FIXTURES ?? join(homedir(), '.cache/portolan/fixtures');
const INDEX = 'application/vnd.oci.image.index.v1+json';

/** Starts to push an image of a fixture layout, all platforms; `target` is `repository:tag`. */
export function push(server: Server, layout: string, image: string, target: string): Running {
  return new Running('skopeo', ['copy', '--quiet', '--all', '--dest-tls-verify=false',
    ...(server.cookie ? ['--dest-creds', `${ADMIN.username}:${ADMIN.password}`] : []),
    `oci:${FIXTURES}/${layout}:${image}`, `docker://${server.host}/${target}`]);
}

/** What clients of a server with sign-in send. */
export function authorization(server: Server): Record<string, string> {
  return server.cookie ? { authorization: `Basic ${btoa(`${ADMIN.username}:${ADMIN.password}`)}` } : {};
}

/** Gives the image that a tag names more names. */
export async function tag(server: Server, repository: string, from: string, ...names: string[]) {
  const manifests = `${server.url}/v2/${repository}/manifests`;
  const response = await fetch(`${manifests}/${from}`, { headers: { accept: INDEX, ...authorization(server) } });
  const body = await response.arrayBuffer();
  for (const name of names) {
    const answer = await fetch(`${manifests}/${name}`, { method: 'PUT', headers: { 'content-type': INDEX, ...authorization(server) }, body });
    if (answer.status !== 201) throw new Error(`${repository}:${name} was answered with ${answer.status}: ${await answer.text()}`);
  }
}

/** Pushes the images of one repository, each under its names, and the SBOM of the newest. */
export async function fill(server: Server, repository: string, layout: string, images: Record<string, string[]>, options = { sbom: true }) {
  for (const [image, names] of Object.entries(images)) {
    await push(server, layout, image, `${repository}:${names[0]}`).done();
    await tag(server, repository, names[0], ...names.slice(1));
  }
  if (options.sbom) await push(server, layout, 'sbom', `${repository}@${digestOf(layout, 'sbom')}`).done();
}

/** What scripts/demo.sh pushes, in a few seconds. */
export async function fillDemo(server: Server) {
  const stages = [
    () => fill(server, 'platform/base', 'base', { '1.0.0': ['1.0.0', '1.0'], '1.1.0': ['1.1.0', '1.1', '1', 'latest'], epoch: ['reproducible'] }),
    () => fill(server, 'platform/debug', 'debug', { '1.0.0': ['1.0.0'], '1.1.0': ['1.1.0', '1.1', 'latest'] }),
    () => fill(server, 'team/web', 'web', {
      '1.3.0': ['1.3.0', '1.3'], '1.4.0': ['1.4.0'], '1.4.1': ['1.4.1', 'prod'], '1.4.2': ['1.4.2', '1.4', 'latest'],
      '1.5.0-rc.1': ['1.5.0-rc.1'], '1.5.0-rc.2': ['1.5.0-rc.2', 'staging'],
    }),
    () => fill(server, 'team/api', 'api', { '2.0.0': ['2.0.0', '2.0'], '2.1.0': ['2.1.0', 'prod'], '2.1.1': ['2.1.1', '2.1', 'latest', 'staging'] }),
    () => fill(server, 'team/jobs/mailer', 'mailer', { '0.9.0': ['0.9.0', 'prod'], '0.9.1': ['0.9.1', '0.9', 'latest'] }),
    () => fill(server, 'tools/toolbox', 'toolbox', { '2025.01': ['2025.01'], '2025.02': ['2025.02', 'stable'], '2025.03': ['2025.03', 'latest'] }),
  ];
  await Promise.all(stages.map((stage) => stage()));
}

/** The digest of an image of a fixture layout. */
export function digestOf(layout: string, image: string): string {
  const { manifests } = JSON.parse(readFileSync(join(FIXTURES, layout, 'index.json'), 'utf8')) as { manifests: Descriptor[] };
  return manifests.find((it) => it.annotations?.['org.opencontainers.image.ref.name'] === image)!.digest;
}

/** How pages write it. */
export const short = (layout: string, image: string) => digestOf(layout, image).slice(7, 19);

/** The platforms of an image of a fixture layout, with their layers. */
export function platformsOf(layout: string, image: string): Record<string, { digest: string; layers: Descriptor[]; config: Descriptor }> {
  const index = manifest(layout, digestOf(layout, image));
  const platforms = index.manifests!.filter((it) => it.platform!.os !== 'unknown');
  return Object.fromEntries(platforms.map((it) => {
    const { layers, config } = manifest(layout, it.digest);
    return [it.platform!.architecture, { digest: it.digest, layers: layers!, config: config! }];
  }));
}

/** How much an image of a fixture layout has, all platforms, that none of the others has. */
export function bytesOnlyIn(layout: string, image: string, others: string[]): number {
  const shared = new Set(others.flatMap((other) => blobsOf(layout, digestOf(layout, other)).map(({ digest }) => digest)));
  const own = new Map(blobsOf(layout, digestOf(layout, image)).map(({ digest, size }) => [digest, size]));
  return [...own].reduce((sum, [digest, size]) => (shared.has(digest) ? sum : sum + size), 0);
}

/** How much an image of a fixture layout is to pull on one platform. */
export const bytesToPull = (layout: string, image: string, architecture: string) =>
  blobsOf(layout, platformsOf(layout, image)[architecture].digest).reduce((sum, { size }) => sum + size, 0);

function blobsOf(layout: string, digest: string): Descriptor[] {
  const { manifests, layers, config } = manifest(layout, digest);
  return manifests ? manifests.flatMap((it) => blobsOf(layout, it.digest)) : [...layers!, config!];
}

/** How pages write it, from a megabyte up to ten. */
export const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(2)} MB`;

interface Descriptor {
  digest: string;
  size: number;
  annotations?: Record<string, string>;
  platform?: { os: string; architecture: string };
}

function manifest(layout: string, digest: string): { manifests?: Descriptor[]; layers?: Descriptor[]; config?: Descriptor } {
  return JSON.parse(readFileSync(join(FIXTURES, layout, 'blobs', digest.replace(':', '/')), 'utf8'));
}
