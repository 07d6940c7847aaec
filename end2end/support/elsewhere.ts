// The test of a journey over a registry elsewhere that may be changed from here: Debian's docker-registry under hub/, and
// what every page and every client may see of it.
import { authorization, digestOf, push, tag } from './images';
import { expect, test as base } from './own';
import { namedIn, pulledFrom } from './pulls';
import { type Portolan, type Server, type Upstream, eventually, startPortolan, startUpstream } from './servers';

export { expect } from './own';

/** Its repository here and there. */
export const HERE = 'hub/team/web';
const THERE = 'team/web';

/** The name by which clients find the signature of an image. */
export const signatureOf = (image: string) => `${digestOf('web', image).replace(':', '-')}.sig`;

export const test = base.extend<{ refreshS: number; hub: Upstream; portolan: Portolan }>({
  // Read once when it starts: what happens there afterwards is news.
  refreshS: [3600, { option: true }],
  hub: async ({}, use) => {
    const hub = await startUpstream();
    await push(hub, 'web', '1.4.2', `${THERE}:1.4.2`).done();
    await tag(hub, THERE, '1.4.2', '1.4', 'prod');
    for (const image of ['1.4.0', '1.5.0-rc.2']) await push(hub, 'web', image, `${THERE}:${image}`).done();
    await push(hub, 'web', 'sbom', `${THERE}:${signatureOf('1.4.2')}`).done();
    await use(hub);
    await hub.stop();
  },
  portolan: async ({ hub, refreshS }, use) => {
    const portolan = await startPortolan({ hub: hub.url, refreshS, env: { PORTOLAN_MOUNTS__0__READ_ONLY: 'false' } });
    await knows(portolan, (names) => names.length === 6);
    await use(portolan);
    await portolan.stop();
  },
});

/** Waits until Portolan has read what makes this so of the tags. */
export async function knows(portolan: Portolan, holds: (names: string[]) => boolean) {
  const listed = async () => {
    const answer = await fetch(`${portolan.url}/api/v1/r/${HERE}/-/tags`, { headers: authorization(portolan) });
    return ((await answer.json()).items as { name: string }[]).map(({ name }) => name);
  };
  await eventually('the registry has been read', async () => holds(await listed()));
}

/** The tags there, hidden ones among them. */
export async function tagsAt(hub: Server): Promise<string[]> {
  return ((await (await fetch(`${hub.url}/v2/${THERE}/tags/list`)).json()).tags ?? []).sort();
}

export const isHidden = (name: string) => name.startsWith('portolan.');

/** What a name is there: its digest, or nothing. */
export const namedAt = (hub: Server, reference: string) => namedIn(hub, THERE, reference);

/** Everything that a client gets there by these names. */
export const pulled = (hub: Server, ...references: string[]) => pulledFrom(hub, THERE, references);

/** No page, list, number or answer tells of a hidden tag, nor does the page of an image that is there. */
export async function expectHidden(portolan: Portolan, there = '1.4.0') {
  const image = `/r/${HERE}/-/manifests/${digestOf('web', there)}`;
  const pages = [`/r/${HERE}`, `/r/${HERE}?q=portolan*`, `/r/${HERE}?sort=name`, image, `/r/${HERE}/-/history`, '/repositories?q=portolan', '/trash', '/activity', '/admin/mounts/hub'];
  const answers = [`/api/v1/r/${HERE}/-/tags`, `/api/v1/r/${HERE}/-/tags?q=portolan*`, `/api/v1/r/${HERE}/-/history`, '/api/v1/trash', '/api/v1/activity'];
  for (const path of [...pages, ...answers]) {
    const answer = await fetch(portolan.url + path, { headers: path.startsWith('/api/') ? authorization(portolan) : { cookie: portolan.cookie! } });
    expect(answer.status, path).toBe(200);
    expect(await answer.text(), path).not.toMatch(/portolan\.(trash|tombstone)\.\w/);
  }
}
