//! Whose a run is, and in whose name it goes on: by ids, which nobody gets after who had them.

use super::NewRun;
use crate::domain::Actor;
use crate::server::access::Standing;
use crate::server::store::Value;

/// In whose name a run goes on: a user or a robot by id, and the token that they came with. Nobody in particular and
/// Portolan's own jobs have neither.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Behalf {
    pub principal: Option<String>,
    pub token: Option<String>,
}

/// Whose a run is: a principal's, by the id that nobody gets after them; by name where there is no id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owner {
    Principal(String),
    Name(Actor),
}

impl Owner {
    /// Of what somebody with this standing starts.
    pub fn of(standing: &Standing) -> Self {
        Self::by(standing.id.clone(), standing.actor.clone())
    }

    pub(super) fn by(principal: Option<String>, actor: Actor) -> Self {
        principal.map_or(Self::Name(actor), Self::Principal)
    }

    /// The condition that a run is theirs, for a parameter.
    pub(super) fn condition(&self, at: usize) -> (String, Value) {
        match self {
            Self::Principal(id) => (format!("principal_id = ${at}"), id.into()),
            Self::Name(actor) => (format!("principal_id IS NULL AND created_by = ${at}"), actor.into()),
        }
    }
}

impl NewRun {
    /// Whose it is.
    pub fn owner(&self) -> Owner {
        Owner::by(self.behalf.principal.clone(), self.by.clone())
    }
}

#[cfg(test)]
mod tests {
    use crate::server::store::dialect::Dialect;
    use rusqlite::Connection;

    /// The step that brought the columns, and what stood before it.
    const STEP: usize = 27;

    #[test]
    fn what_an_earlier_version_began_keeps_whose_it_is_and_its_bound() {
        let connection = Connection::open_in_memory().unwrap();
        let steps = Dialect::Sqlite.migrations();
        steps[..STEP].iter().for_each(|step| connection.execute_batch(step).unwrap());
        let person = "INSERT INTO principals (id, kind, username, name, email, created_at, created_by)
                      VALUES ('p-new', 'user', 'mara', '', '', 50, '')";
        connection.execute_batch(person).unwrap();
        for (id, by, at, params) in [
            ("delete", "user:mara", 10, r#"{"batch":"b","by":{"principal":"p-old","token":"t"}}"#),
            ("copy", "user:mara", 60, r#"{"behalf":{"principal":"p-new","token":null}}"#),
            ("before", "user:mara", 10, r#"{"dry_run":false}"#),
            ("after", "user:mara", 60, r#"{"dry_run":false}"#),
            ("own", "job:gc", 60, r#"{"dry_run":false}"#),
        ] {
            let sql = "INSERT INTO job_runs (id, kind, scope, params, state, place, n_done, n_bytes, log, worked_ms,
                         created_at, created_by, changed_at) VALUES (?, 'gc', '*', ?, 'queued', '', 0, 0, '', 0, ?, ?, 0)";
            connection.execute(sql, rusqlite::params![id, params, at, by]).unwrap();
        }
        connection.execute_batch(steps[STEP]).unwrap();
        let mut all = connection.prepare("SELECT id, principal_id, token_id FROM job_runs").unwrap();
        let rows = all.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
        let mut rows: Vec<(String, Option<String>, Option<String>)> = rows.map(|row| row.unwrap()).collect();
        rows.sort();
        let is = |id: &str, principal: Option<&str>, token: Option<&str>| {
            (id.to_owned(), principal.map(str::to_owned), token.map(str::to_owned))
        };
        let expected = [
            is("after", Some("p-new"), None),
            is("before", None, None),
            is("copy", Some("p-new"), None),
            is("delete", Some("p-old"), Some("t")),
            is("own", None, None),
        ];
        assert_eq!(rows, expected, "who came after is not whose it was");
    }
}
