// Keycloak, as scripts/keycloak.sh has prepared it: a realm in memory, with the client and the people of the journeys.
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { Running } from './process';
import type { Provider } from './providers';
import { freePort } from './servers';

const OPERATOR = { username: 'operator', password: 'operates in the journeys' };
const PASSWORD = 'four quiet harbours';
const START_MS = 300_000;

/** One that knows nina, in the group ops, and stranger. */
export async function startKeycloak(home: string, callback: string, secret: string): Promise<Provider> {
  const origin = `http://127.0.0.1:${await freePort()}`;
  const server = run(home, origin);
  try {
    await server.line(/Listening on: http/, START_MS);
    const admin = await operator(origin);
    await admin('POST', '', realm(callback, secret));
    return {
      issuer: `${origin}/realms/acme`,
      passBy,
      setGroups: async (name, groups) => {
        const [user] = await admin('GET', `/acme/users?username=${name}`);
        const all: { id: string; name: string }[] = await admin('GET', '/acme/groups');
        await Promise.all(all.map(({ id, name }) => admin(groups.includes(name) ? 'PUT' : 'DELETE', `/acme/users/${user.id}/groups/${id}`)));
      },
      stop: () => server.stop(),
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

async function passBy(page: Page, name: string, answer: 'Allow' | 'Refuse' = 'Allow') {
  await page.getByLabel('Username or email').fill(name);
  await page.getByRole('textbox', { name: 'Password' }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign In' }).click();
  await page.getByRole('button', { name: answer === 'Allow' ? 'Yes' : 'No' }).click();
}

/** The process itself, not its shell: what is started here is stopped by its id. */
function run(home: string, origin: string): Running {
  const { hostname, port } = new URL(origin);
  return new Running('java', [
    '-Xms64m', '-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1',
    `-Dkc.home.dir=${home}`, `-Djboss.server.config.dir=${join(home, 'conf')}`, '-Djava.util.logging.manager=org.jboss.logmanager.LogManager',
    '-cp', join(home, 'lib/quarkus-run.jar'), 'io.quarkus.bootstrap.runner.QuarkusEntryPoint',
    'start', '--optimized', '--cache=local', '--http-enabled=true', `--http-host=${hostname}`, `--http-port=${port}`, `--hostname=${origin}`,
  ], { KC_BOOTSTRAP_ADMIN_USERNAME: OPERATOR.username, KC_BOOTSTRAP_ADMIN_PASSWORD: OPERATOR.password });
}

/** Speaks to its administration. */
async function operator(origin: string) {
  const asked = new URLSearchParams({ grant_type: 'password', client_id: 'admin-cli', ...OPERATOR });
  const { access_token } = await (await fetch(`${origin}/realms/master/protocol/openid-connect/token`, { method: 'POST', body: asked })).json();
  const headers = { authorization: `Bearer ${access_token}`, 'content-type': 'application/json' };
  return async (method: string, path: string, body?: object) => {
    const answer = await fetch(`${origin}/admin/realms${path}`, { method, headers, body: JSON.stringify(body) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`Keycloak answered ${method} ${path} with ${answer.status}: ${text}`);
    return text ? JSON.parse(text) : undefined;
  };
}

function realm(callback: string, secret: string) {
  const groups = {
    name: 'groups',
    protocol: 'openid-connect',
    protocolMapper: 'oidc-group-membership-mapper',
    config: { 'claim.name': 'groups', 'full.path': 'false', 'id.token.claim': 'true', 'userinfo.token.claim': 'true' },
  };
  return {
    realm: 'acme',
    enabled: true,
    groups: [{ name: 'ops' }],
    users: [person('nina', ['/ops']), person('stranger', [])],
    clients: [{ clientId: 'portolan', secret, redirectUris: [callback], consentRequired: true, protocolMappers: [groups] }],
  };
}

function person(username: string, groups: string[]) {
  const [firstName, lastName] = [username, 'Acme'];
  const credentials = [{ type: 'password', value: PASSWORD }];
  return { username, groups, enabled: true, email: `${username}@acme.dev`, emailVerified: true, firstName, lastName, credentials };
}
