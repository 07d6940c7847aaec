// People of a server, made as its administrator makes them: by the console's plain forms.

interface Administered {
  url: string;
  cookie?: string;
}

/** Posts a form of a page, and returns the page that says it was done. */
export async function submit({ url, cookie }: Administered, page: string, intent: string, fields: Record<string, string> = {}): Promise<string> {
  const body = new URLSearchParams({ do: intent, ...fields });
  const done = await fetch(url + page, { method: 'POST', headers: { cookie: cookie! }, body, redirect: 'manual' });
  if (done.status !== 303) throw new Error(`${intent} on ${page} was answered with ${done.status}: ${await done.text()}`);
  const said = done.headers.getSetCookie().map((it) => it.split(';')[0]);
  const answer = await fetch(new URL(done.headers.get('location')!, url), { headers: { cookie: [cookie, ...said].join('; ') } });
  return answer.text();
}

/** Invites somebody; returns the path of their link. */
export async function invite(server: Administered, username: string): Promise<string> {
  const made = await submit(server, '/admin/users', 'create-user', { username, name: '', email: '' });
  return made.match(/\/auth\/invite\/[\w-]+/)![0];
}

/** Invites somebody, and chooses their password. */
export async function enrol(server: Administered, username: string, password: string) {
  const chosen = await fetch(server.url + (await invite(server, username)), { method: 'POST', body: new URLSearchParams({ username, password }), redirect: 'manual' });
  if (chosen.status !== 303) throw new Error(`${username} could not choose a password: ${chosen.status} ${await chosen.text()}`);
}
