// A certified OpenID provider, `oidc-provider` of npm, with pages of its own: whoever signs in there is who they type.
// Arguments: the port, and the address to which it sends browsers back. It says when it is ready.
import { createServer } from 'node:http';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

// NODE_PATH is for `require` alone.
const { default: Provider } = await import(pathToFileURL(join(process.env.NODE_PATH, 'oidc-provider/lib/index.js')));
const [port, callback] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;

const provider = new Provider(issuer, {
  clients: [{ client_id: 'portolan', client_secret: 'a secret of the journeys', redirect_uris: [callback] }],
  claims: { openid: ['sub'], profile: ['name', 'preferred_username', 'groups'], email: ['email', 'email_verified'] },
  findAccount: (_, accountId) => ({
    accountId,
    claims: () => ({
      sub: `subject-${accountId}`, name: accountId, preferred_username: accountId, email: `${accountId}@acme.dev`, email_verified: true,
      groups: accountId === 'nina' ? ['ops'] : [],
    }),
  }),
  features: { devInteractions: { enabled: false } },
  interactions: { url: (_, { uid }) => `/interaction/${uid}` },
  cookies: { keys: ['journeys'] },
});

function page(title, fields) {
  return `<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>${title}</title><link rel="icon" href="data:,"><h1>${title}</h1><form method="post">${fields}</form>`;
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

async function interact(request, response) {
  const details = await provider.interactionDetails(request, response);
  if (request.method === 'GET') return response.setHeader('content-type', 'text/html').end(PAGES[details.prompt.name]);
  const parts = [];
  for await (const part of request) parts.push(part);
  const fields = new URLSearchParams(Buffer.concat(parts).toString());
  const result = await answer(details.prompt.name, fields, details);
  await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: details.prompt.name === 'consent' });
}

const others = provider.callback();
const server = createServer((request, response) => {
  if (!request.url.startsWith('/interaction/')) return others(request, response);
  interact(request, response).catch((error) => response.writeHead(500).end(String(error)));
});
server.listen(Number(port), '127.0.0.1', () => console.log(`ready: ${issuer}`));
