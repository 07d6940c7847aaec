// What clients get of a registry over /v2, whoever made it.
import { createHash } from 'node:crypto';
import { expect } from '@playwright/test';
import { authorization } from './images';
import type { Server } from './servers';

const MANIFESTS = ['image.index', 'image.manifest'].map((it) => `application/vnd.oci.${it}.v1+json`).join(', ');

/** What a name is: the digest of what is sent for it, or nothing. */
export async function namedIn(server: Server, repository: string, reference: string): Promise<string | undefined> {
  return (await sent(server, repository, reference))?.digest;
}

/** Everything that a client gets by these names, to the last byte: each part, with the digest of what came. */
export async function pulledFrom(server: Server, repository: string, references: string[]): Promise<Record<string, string>> {
  const parts: Record<string, string> = {};
  for (const reference of references) {
    const found = await sent(server, repository, reference);
    if (!found) throw new Error(`${repository}:${reference} does not pull from ${server.host}`);
    parts[reference] = found.digest;
    const { manifests = [], layers = [], config } = JSON.parse(found.body.toString());
    Object.assign(parts, await pulledFrom(server, repository, manifests.map(({ digest }: { digest: string }) => digest)));
    for (const { digest } of [...layers, ...(config ? [config] : [])]) {
      const blob = await fetch(`${server.url}/v2/${repository}/blobs/${digest}`, { headers: authorization(server) });
      parts[digest] = sha256(Buffer.from(await blob.arrayBuffer()));
      expect(parts[digest], `${digest} of ${reference}`).toBe(digest);
    }
  }
  return parts;
}

/** What is said to be about an image. */
export async function referrersIn(server: Server, repository: string, digest: string): Promise<string[]> {
  const answer = await fetch(`${server.url}/v2/${repository}/referrers/${digest}`, { headers: authorization(server) });
  return ((await answer.json()).manifests as { digest: string }[]).map((it) => it.digest);
}

async function sent(server: Server, repository: string, reference: string) {
  const answer = await fetch(`${server.url}/v2/${repository}/manifests/${reference}`, { headers: { accept: MANIFESTS, ...authorization(server) } });
  if (answer.status === 404) return undefined;
  expect(answer.status, `${repository}:${reference}`).toBe(200);
  const body = Buffer.from(await answer.arrayBuffer());
  return { body, digest: sha256(body) };
}

function sha256(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
