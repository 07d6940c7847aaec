// Every kind of page that there is, by a name for its pictures.
import { digestOf, platformsOf } from './images';
import { LONG, MANY, type World } from './world';

export interface Place {
  name: string;
  url: string;
  status: number;
  /** The text of its one first heading. */
  heading: string | RegExp;
  /** Seen by who did not sign in. */
  signedOut?: boolean;
}

/** The pages of the shared servers; each has an address. */
export function places({ full, empty, fresh, asked }: World): Place[] {
  const at = (name: string, path: string, heading: string | RegExp, status = 200, base = full.url): Place => ({ name, url: base + path, status, heading });
  const web = platformsOf('web', '1.5.0-rc.2');
  return [
    { ...at('sign-in', '/auth/login?next=/r/team/web', 'Sign in'), signedOut: true },
    { name: 'set-up', url: fresh.link, status: 200, heading: 'Set up your registry', signedOut: true },
    { ...at('set-up-used', '/auth/setup?token=none', 'This set-up link does not work', 410), signedOut: true },
    at('repositories-empty', '/repositories', 'Repositories', 200, empty.url),
    at('repositories', '/repositories', 'Repositories'),
    at('repositories-no-match', '/repositories?q=nothing-like-it', 'Repositories'),
    at('repository', '/r/team/web', 'team/web'),
    at('repository-many', `/r/${MANY.repository}`, MANY.repository),
    at('repository-long', `/r/${LONG.repository}`, LONG.repository),
    at('repository-remote', '/r/hub/library/busybox', 'hub/library/busybox'),
    at('image', '/r/team/web/-/tags/staging', 'team/web:staging'),
    at('image-platform', '/r/team/web/-/tags/staging?platform=linux/amd64', 'team/web:staging'),
    at('image-digest', `/r/team/web/-/manifests/${web.arm64.digest}`, /^team\/web@[0-9a-f]{12}$/),
    at('image-artifact', `/r/team/web/-/manifests/${digestOf('web', 'sbom')}`, /^team\/web@[0-9a-f]{12}$/),
    at('image-config', '/r/team/web/-/tags/staging?tab=config', 'team/web:staging'),
    at('image-attestations', `/r/team/web/-/manifests/${digestOf('web', '1.5.0-rc.2')}/attestations`, /^team\/web@[0-9a-f]{12}$/),
    at('image-manifest', '/r/team/web/-/tags/staging?tab=manifest', 'team/web:staging'),
    at('history', '/r/team/web/-/history', 'team/web'),
    at('history-no-match', '/r/team/web/-/history?tag=none', 'team/web'),
    at('compare', '/r/team/web/-/compare/1.4.2...1.5.0-rc.2', 'Compare'),
    at('compare-newest', '/r/team/web/-/compare', 'Compare'),
    at('compare-same', '/r/team/web/-/compare/1.4.2...latest', 'Compare'),
    at('tag-add', '/r/team/web/-/tags/staging/retag', 'Retag staging of team/web'),
    at('tag-move', '/r/team/web/-/tags/staging/retag?name=prod', 'Move prod of team/web'),
    at('tag-rename', '/r/team/web/-/tags/prod/rename', 'Rename prod of team/web'),
    at('tag-roll-back', '/r/team/web/-/tags/prod/rollback', 'Roll back prod of team/web'),
    at('copy', '/r/team/web/-/copy?tag=staging', 'Copy or promote staging'),
    at('copy-move', '/r/team/web/-/copy?tag=staging&to=team/web&name=prod', 'Promote staging to prod'),
    at('copy-elsewhere', '/r/team/web/-/copy?tag=staging&tag=prod&to=new/web', 'Copy 2 tags to new/web'),
    at('policies-all', '/admin/policies', 'Policies'),
    at('trash', '/trash', 'Trash'),
    at('trash-namespace', '/n/team/-/trash', 'Trash of team'),
    at('as-of', '/n/team/-/as-of', 'team as of a time'),
    at('as-of-then', `/n/team/-/as-of?t=${new Date(Date.now() - 86_400_000).toISOString()}`, 'team as of a time'),
    at('as-of-roll-back', `/n/team/-/as-of?t=${new Date(Date.now() - 86_400_000).toISOString()}&roll-back=yes`, 'team as of a time'),
    at('policies', '/n/team/-/policies', 'team'),
    at('jobs', '/jobs', 'Jobs'),
    at('mounts', '/admin/mounts', 'Mounts'),
    at('mount-new', '/admin/mounts/new', 'Add a mount'),
    at('mount-locked', '/admin/mounts/hub', 'hub/'),
    at('providers', '/admin/providers', 'Sign-in'),
    at('provider-new', '/admin/providers/new', 'Add a provider'),
    at('provider-new-preset', '/admin/providers/new?preset=keycloak', 'Add a provider'),
    at('provider', '/admin/providers/acme', 'Acme'),
    at('provider-remove', '/admin/providers/acme?remove=yes', 'Acme'),
    at('users', '/admin/users', 'Users'),
    at('user', '/admin/users/admin', 'admin'),
    at('user-delete', '/admin/users/admin?delete=yes', 'admin'),
    at('user-other', '/admin/users/priya', 'priya'),
    at('groups', '/admin/groups', 'Groups'),
    at('group', '/admin/groups/eng-web', 'eng-web'),
    at('group-delete', '/admin/groups/eng-web?delete=yes', 'eng-web'),
    at('roles', '/admin/roles', 'Roles'),
    at('access-everything', '/admin/access', 'Everything'),
    at('access-namespace', '/n/team/-/access', 'team'),
    at('access-take', asked.take, 'tools'),
    at('access-repository', '/r/team/web/-/access', 'team/web'),
    at('settings', '/r/team/web/-/settings', 'team/web'),
    at('repository-delete', '/r/team/web/-/settings/delete', 'Delete team/web'),
    at('namespace-delete', '/n/team/-/settings/delete', 'Delete team'),
    at('tags-delete', '/r/team/web/-/delete?tag=staging&tag=1.5.0-rc.2', 'Delete 2 tags from team/web'),
    at('image-delete', `/r/team/web/-/manifests/${digestOf('web', '1.5.0-rc.2')}/delete`, /^Delete image [0-9a-f]{12} and its/),
    at('namespace', '/n/team', 'team'),
    at('activity-namespace', '/n/team/-/activity', 'team'),
    at('activity-repository', '/r/team/web/-/activity', 'team/web'),
    at('settings-namespace', '/n/team/-/settings', 'team'),
    at('activity', '/activity', 'Activity'),
    at('account', '/account', 'Your account'),
    at('tokens', '/account/tokens', 'Your tokens'),
    at('token-revoke', asked.revoke, 'Your tokens'),
    at('robots', '/n/team/-/robots', 'team'),
    at('robots-some', '/n/tools/-/robots', 'tools'),
    at('robot-rotate', '/n/tools/-/robots?rotate=ci-jobs', 'tools'),
    at('robot-delete', '/n/tools/-/robots?delete=ci-jobs', 'tools'),
    at('new-repository', '/repositories/new', 'New repository'),
    { ...at('invite', asked.invite, 'Choose a password'), signedOut: true },
    { ...at('invite-used', '/auth/invite/none', 'This link does not work', 410), signedOut: true },
    at('error-missing', '/r/team/web/-/tags/9.9', 'No such tag', 404),
    at('error-address', '/repositories?after=damaged', 'This address cannot be read', 400),
  ];
}
