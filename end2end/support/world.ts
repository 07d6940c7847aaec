// The servers that all journeys share and none changes, started once: a full instance
// with a registry mounted under hub/, and an empty one.
import { fill, fillDemo, tag } from './images';
import { enrol, invite, submit } from './people';
import { type Server, eventually, startPortolan, startUpstream } from './servers';

/** A name and a tag as long as they get, to see that nothing breaks out. */
export const LONG = {
  repository: 'qa/a-name-that-goes-on-for-longer-than-anybody-would-like/but-is-allowed/and-therefore-must-fit',
  tag: `release-${'0123456789abcdef'.repeat(7)}`,
};
/** A repository with more tags than a page holds. */
export const MANY = { repository: 'qa/many', tags: 60 };

export interface World {
  full: { url: string; host: string; cookie?: string };
  empty: { url: string; host: string; cookie?: string };
  hub: { url: string; host: string };
  /** Addresses on the full one that only it knows: questions about what has an id, and a link that was not used. */
  asked: { take: string; revoke: string; invite: string };
  /** One that waits for its first administrator, with the address that makes them. */
  fresh: { url: string; host: string; link: string };
}

/** What `start` has started, as the workers see it. */
export function world(): World {
  return JSON.parse(process.env.PORTOLAN_WORLD!);
}

/** Starts the servers; the result stops them. */
export default async function start() {
  const servers: Server[] = [];
  const stop = () => Promise.all(servers.map((server) => server.stop()));
  const started = async <S extends Server>(server: Promise<S>) => {
    servers.push(await server);
    return server;
  };
  try {
    const hub = await started(startUpstream());
    await Promise.all([
      fill(hub, 'library/busybox', 'base', { '1.0.0': ['1.0.0', '1.0'], '1.1.0': ['1.1.0', 'latest'] }, { sbom: false }),
      fill(hub, 'legacy/mailer', 'mailer', { '0.9.0': ['0.9.0', 'prod'] }, { sbom: false }),
    ]);
    const full = await started(startPortolan({ hub: hub.url, env: { PORTOLAN_LIMITS__OUTBOUND_ALLOW__0: '127.0.0.0/8' } }));
    const empty = await started(startPortolan());
    const fresh = await started(startPortolan({ admin: false }));
    const link = (await fresh.process.line(/Set it up:\s+(\S+)/)).match[1];
    const [asked] = await Promise.all([fillPeople(full), fillDemo(full), fillQuality(full)]);
    await eventually('the mounted registry has been read', async () => (await (await fetch(`${full.url}/r/hub/library/busybox`, { headers: { cookie: full.cookie! } })).text()).includes('1.1.0'));
    const address = ({ url, host, cookie }: Server) => ({ url, host, cookie });
    process.env.PORTOLAN_WORLD = JSON.stringify({ full: address(full), empty: address(empty), hub: address(hub), asked, fresh: { ...address(fresh), link } });
  } catch (error) {
    await stop();
    throw error;
  }
  return async () => void (await stop());
}

async function fillQuality(server: Server) {
  const names = Array.from({ length: MANY.tags - 1 }, (_, n) => `build-${String(n + 1).padStart(3, '0')}`);
  await fill(server, MANY.repository, 'app', { '1.0.0': ['first', ...names] }, { sbom: false });
  await fill(server, LONG.repository, 'app', { '2.0.0': [LONG.tag] });
  await tag(server, LONG.repository, LONG.tag, 'short');
}

/** Somebody of each kind, and what they have. */
async function fillPeople(server: Server): Promise<World['asked']> {
  await enrol(server, 'priya', 'four quiet harbours');
  await submit(server, '/admin/groups', 'create-group', { name: 'eng-web' });
  await submit(server, '/admin/groups/eng-web', 'add-member', { member: 'priya' });
  const robot = { name: 'ci-jobs', role: 'publisher', scope: 'tools/*', until: new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10) };
  await submit(server, '/n/tools/-/robots', 'create-robot', robot);
  const provider = { name: 'acme', kind: 'oidc', title: 'Acme', url: 'http://127.0.0.1:9', client_id: 'portolan', client_password: 'kept by nobody', open_sign_up: 'no' };
  await submit(server, '/admin/providers/new', 'create-provider', provider);
  const access = await submit(server, '/n/tools/-/access', 'give-access', { who: 'eng-web (group)', role: 'developer', scope: 'tools/*' });
  const tokens = await submit(server, '/account/tokens', 'create-token', { name: 'Laptop', role: 'reader', scope: 'team/*' });
  return {
    take: access.match(/\/n\/tools\/-\/access\?take=[^"]+/)![0],
    revoke: tokens.match(/\/account\/tokens\?revoke=[^"]+/)![0],
    invite: await invite(server, 'jonas'),
  };
}
