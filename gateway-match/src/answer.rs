//! What the gateway answers itself, in the terms of the protocol that is spoken.

use std::fmt;

use gateway_model::ResourceKind;
use http::StatusCode;

/// What the gateway answers itself, or does in place of an answer.
///
/// ```
/// use gateway_match::{Answer, GrpcStatus};
///
/// let answer = Answer::Grpc(GrpcStatus::Unimplemented);
/// assert_eq!(answer.status().unwrap(), 200); // gRPC tells failures in its own header
/// assert_eq!(answer.grpc_status().unwrap().code(), 12);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Answer {
    /// An HTTP response with that status.
    Http(StatusCode),
    /// A gRPC response with that status: HTTP 200, and `grpc-status` in its headers.
    Grpc(GrpcStatus),
    /// No answer: the connection is refused or reset, the datagram dropped.
    /// spec: `TLSRouteRule.backendRefs`, `TCPRouteRule.backendRefs`, `UDPRouteRule.backendRefs`.
    Close,
}

/// A status of gRPC that a gateway answers itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum GrpcStatus {
    /// No rule takes the call. spec: `GatewaySpec.listeners`, general listener behavior.
    Unimplemented,
    /// No backend can be used. spec: `GRPCRouteRule.backendRefs`.
    Unavailable,
}

impl GrpcStatus {
    /// Its number, as `grpc-status` has it.
    pub fn code(self) -> u8 {
        match self {
            GrpcStatus::Unimplemented => 12,
            GrpcStatus::Unavailable => 14,
        }
    }

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            GrpcStatus::Unimplemented => "UNIMPLEMENTED",
            GrpcStatus::Unavailable => "UNAVAILABLE",
        }
    }
}

impl fmt::Display for GrpcStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Answer {
    /// The status of the HTTP response: 200 for a gRPC one; `None` if there is no response.
    pub fn status(self) -> Option<StatusCode> {
        match self {
            Answer::Http(status) => Some(status),
            Answer::Grpc(_) => Some(StatusCode::OK),
            Answer::Close => None,
        }
    }

    /// The status of the gRPC response, if it is one.
    pub fn grpc_status(self) -> Option<GrpcStatus> {
        match self {
            Answer::Grpc(status) => Some(status),
            Answer::Http(_) | Answer::Close => None,
        }
    }

    /// What requests of a kind of route are answered in place of a backend that cannot be used,
    /// where HTTP would answer with `status`.
    pub(crate) fn without_backend(kind: ResourceKind, status: StatusCode) -> Self {
        match kind {
            ResourceKind::GrpcRoute => Answer::Grpc(GrpcStatus::Unavailable),
            ResourceKind::TlsRoute | ResourceKind::TcpRoute | ResourceKind::UdpRoute => Answer::Close,
            _ => Answer::Http(status),
        }
    }

    /// What a request is answered that no rule takes.
    pub(crate) fn not_found(grpc: bool) -> Self {
        if grpc { Answer::Grpc(GrpcStatus::Unimplemented) } else { Answer::Http(StatusCode::NOT_FOUND) }
    }
}

impl fmt::Display for Answer {
    /// `404`, `UNIMPLEMENTED`, or `closed`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Answer::Http(status) => f.write_str(status.as_str()),
            Answer::Grpc(status) => fmt::Display::fmt(status, f),
            Answer::Close => f.write_str("closed"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_has_the_statuses_of_its_protocol() {
        let not_found = StatusCode::NOT_FOUND;
        let cases = [
            (Answer::Http(not_found), Some(404), None, "404"),
            (Answer::Grpc(GrpcStatus::Unimplemented), Some(200), Some((12, "UNIMPLEMENTED")), "UNIMPLEMENTED"),
            (Answer::Grpc(GrpcStatus::Unavailable), Some(200), Some((14, "UNAVAILABLE")), "UNAVAILABLE"),
            (Answer::Close, None, None, "closed"),
        ];
        for (answer, status, grpc, shown) in cases {
            assert_eq!(answer.status().map(|status| status.as_u16()), status, "{answer}");
            assert_eq!(answer.grpc_status().map(|status| (status.code(), status.as_str())), grpc, "{answer}");
            assert_eq!(answer.to_string(), shown);
        }
    }
}
