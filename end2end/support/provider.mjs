// A certified OpenID provider, `oidc-provider` of npm, with pages of its own: whoever signs in there is who they type.
// Arguments: the port, and the address to which it sends browsers back. It says when it is ready.
import { createServer } from 'node:http';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

// NODE_PATH is for `require` alone.
const { default: Provider } = await import(pathToFileURL(join(process.env.NODE_PATH, 'oidc-provider/lib/index.js')));
const [port, callback] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;
// Who is in which groups; a PUT to /people/NAME changes it.
const groups = new Map([['nina', ['ops']]]);

const provider = new Provider(issuer, {
  clients: [{ client_id: 'portolan', client_secret: 'a secret of the journeys', redirect_uris: [callback],
    post_logout_redirect_uris: [new URL('/auth/login', callback).href] }],
  claims: { openid: ['sub'], profile: ['name', 'preferred_username', 'groups'], email: ['email', 'email_verified'] },
  findAccount: (_, accountId) => ({
    accountId,
    claims: () => ({
      sub: `subject-${accountId}`, name: accountId, preferred_username: accountId, email: `${accountId}@acme.dev`, email_verified: true,
      groups: groups.get(accountId) ?? [],
    }),
  }),
  features: { devInteractions: { enabled: false }, rpInitiatedLogout: { logoutSource } },
  interactions: { url: (_, { uid }) => `/interaction/${uid}` },
  cookies: { keys: ['journeys'] },
});

function page(title, fields) {
  return `<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>${title}</title><link rel="icon" href="data:,"><h1>${title}</h1><form method="post">${fields}</form>`;
}

// Whoever signs out is asked, and led back.
async function logoutSource(context, form) {
  context.body = page('Acme sign-out', '').replace('<form method="post">', `${form}<button form="op.logoutForm" name="logout" value="yes">Sign out of Acme</button>`);
}

const PAGES = {
  login: page('Acme sign-in', '<label>Name <input name="name" autocomplete="username"></label> <button>Sign in at Acme</button>'),
  consent: page('Acme asks', '<p>Portolan wants to know who you are.</p><button name="answer" value="yes">Allow</button> <button name="answer" value="no">Refuse</button>'),
};

async function answer(kind, fields, details) {
  if (kind === 'login') return { login: { accountId: fields.get('name') } };
  if (fields.get('answer') !== 'yes') return { error: 'access_denied', error_description: 'Nothing was allowed' };
  const grant = new provider.Grant({ accountId: details.session.accountId, clientId: details.params.client_id });
  grant.addOIDCScope(details.prompt.details.missingOIDCScope?.join(' ') ?? '');
  grant.addOIDCClaims(details.prompt.details.missingOIDCClaims ?? []);
  return { consent: { grantId: await grant.save() } };
}

async function text(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts).toString();
}

async function interact(request, response) {
  const details = await provider.interactionDetails(request, response);
  if (request.method === 'GET') return response.setHeader('content-type', 'text/html').end(PAGES[details.prompt.name]);
  const fields = new URLSearchParams(await text(request));
  const result = await answer(details.prompt.name, fields, details);
  await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: details.prompt.name === 'consent' });
}

async function move(request, response) {
  groups.set(request.url.slice('/people/'.length), JSON.parse(await text(request)));
  response.end('{}');
}

const others = provider.callback();
const server = createServer((request, response) => {
  const own = Object.entries({ '/interaction/': interact, '/people/': move }).find(([path]) => request.url.startsWith(path));
  if (!own) return others(request, response);
  own[1](request, response).catch((error) => response.writeHead(500).end(String(error)));
});
server.listen(Number(port), '127.0.0.1', () => console.log(`ready: ${issuer}`));
