//! What is asked about tokens and robots.

use super::{Action, Mutation, held, own, words};
use crate::domain::{Namespace, Permission, Scope, Target, Terms, Timestamp, TokenName, Username};

impl Mutation for CreateToken {}
impl Mutation for DeleteToken {}
impl Mutation for RevokeToken {}
impl Mutation for CreateRobot {}
impl Mutation for RotateRobot {}
impl Mutation for ChangeRobot {}
impl Mutation for DeleteRobot {}

actions! {
    /// Make a token of one's own. Any bound may be asked for: it adds nothing to what its owner may do.
    CreateToken { username: Username, name: TokenName, bound: Option<Terms>, expires_at: Option<Timestamp> } =
        "token.create", needs |this| own(&this.username),
        object format!("{}: {}", this.name, this.bound.as_ref().map_or("all that its owner may".to_owned(), words));

    /// Take one of one's own tokens away.
    DeleteToken { username: Username, id: String, name: TokenName } = "token.delete",
        needs |this| own(&this.username), object this.name.to_string();

    /// Take somebody else's token away.
    RevokeToken { username: Username, id: String, name: TokenName } = "token.revoke",
        needs |this| vec![(Permission::UserManage, Target::Instance)],
        object format!("{} of {}", this.name, this.username);

    /// Get a token of the registry. Who may is for what it is asked for.
    IssueToken { scope: String } = "token.issue", needs |this| vec![], object this.scope.clone();

    /// See the list of robots; which ones is for the rights that come with the proof.
    ListRobots {} = "robot.list", needs |this| vec![], object String::new();

    /// See the robots of a namespace.
    ReadRobots { namespace: Namespace } = "robot.read",
        needs |this| vec![in_namespace(&this.namespace)], object this.namespace.to_string();

    /// Make a robot of a namespace, with a role there.
    CreateRobot { name: Username, namespace: Namespace, terms: Terms } = "robot.create",
        needs |this| with_all(&this.namespace, std::slice::from_ref(&this.terms)),
        object format!("{} in {}: {}", this.name, this.namespace, words(&this.terms));

    /// Give a robot another secret, and perhaps another end. Who has the secret has all that the robot `held`.
    RotateRobot { name: Username, namespace: Namespace, held: Vec<Terms>, expires_at: Option<Timestamp> } =
        "robot.rotate", needs |this| with_all(&this.namespace, &this.held),
        object format!("{} in {}", this.name, this.namespace);

    /// Let a robot in no more, or again. To stop one takes no right of its own; to let one in what it takes to make it.
    ChangeRobot { name: Username, namespace: Namespace, held: Vec<Terms>, disabled: bool } = "robot.change",
        needs |this| with_all(&this.namespace, if this.disabled { &[] } else { &this.held }),
        object format!("{} in {}", this.name, this.namespace);

    /// Take a robot away, with all access that it has.
    DeleteRobot { name: Username, namespace: Namespace } = "robot.delete",
        needs |this| vec![in_namespace(&this.namespace)], object format!("{} in {}", this.name, this.namespace);
}

fn in_namespace(namespace: &Namespace) -> (Permission, Target) {
    (Permission::RobotManage, Target::Scope(Scope::Namespace(namespace.clone())))
}

/// What it takes to make a robot with these terms, or to get hold of its secret: to manage the namespace's robots, and
/// to hold all that the robot holds. To manage grants takes no part in it: a robot is lent what its maker has, while a
/// grant lets in people whom its giver does not run. A robot that manages grants is made by who does so too.
fn with_all(namespace: &Namespace, terms: &[Terms]) -> Vec<(Permission, Target)> {
    [in_namespace(namespace)].into_iter().chain(terms.iter().flat_map(held)).collect()
}
