//! How a failure of the wire itself is said in the domain's one error.
//!
//! It lives here so that `domain` stays free of Leptos. What a caller sent wrongly is theirs to
//! mend and says so; what broke between the halves is not.

use crate::domain::Error;
use leptos::server_fn::codec::JsonEncoding;
use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};

impl FromServerFnError for Error {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(failure: ServerFnErrorErr) -> Self {
        use ServerFnErrorErr as Failure;
        match failure {
            Failure::Args(message) | Failure::Serialization(message) | Failure::Deserialization(message) => {
                Self::invalid("arguments", message)
            }
            Failure::MissingArg(name) => Self::invalid(name, "this value is missing"),
            Failure::Request(_) => Self::Unavailable("the server cannot be reached; try again".to_owned()),
            other => Self::Unavailable(format!("the server did not answer as it should: {other}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_caller_sent_wrongly_is_invalid() {
        let failure = ServerFnErrorErr::MissingArg("repository".to_owned());
        assert_eq!(Error::from_server_fn_error(failure), Error::invalid("repository", "this value is missing"));
        let failure = ServerFnErrorErr::Args("a tag has 1 to 128 letters".to_owned());
        assert!(matches!(Error::from_server_fn_error(failure), Error::Invalid { .. }));
    }

    #[test]
    fn what_broke_on_the_way_is_not_the_callers_fault() {
        let failure = ServerFnErrorErr::Request("refused".to_owned());
        assert!(matches!(Error::from_server_fn_error(failure), Error::Unavailable(_)));
    }

    #[test]
    fn an_error_survives_the_wire() {
        let error = Error::invalid("after", "this page address is damaged");
        assert_eq!(Error::de(error.ser()), error);
    }
}
