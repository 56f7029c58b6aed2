//! Whether connections, datagrams and calls go where they must.

use gateway_match::{Answer, GrpcStatus};
use gateway_model::TlsMode;

use super::{Aspect, Failure, Front, Sent, Shown, fail, is_forwarded, reached};
use crate::replay::expectation::{GrpcExpectation, GrpcResponse, Protocol, StreamExpectation, Terminator};

/// Whether a gRPC call becomes what it must.
///
/// # Errors
///
/// The difference.
pub fn check_grpc(expected: &GrpcExpectation, front: &Front<'_>) -> Result<(), Failure> {
    let decision = Sent::new(Protocol::Grpc, &expected.call, &front.router)?.decide(front);
    // A status of the backend's own comes after the decision.
    if let Some(backend) = &expected.backend {
        return reached(&decision, backend).map(drop);
    }
    let code = expected.response.code.as_str();
    match decision.answer() {
        Some(answer) if answer.grpc_status().map(GrpcStatus::as_str) == Some(code) => Ok(()),
        // Whoever it is that the call reaches.
        _ if code == GrpcResponse::OK && is_forwarded(&decision) => Ok(()),
        _ => {
            let aspect = if is_forwarded(&decision) { Aspect::Admission } else { Aspect::Decision };
            fail(aspect, format!("{}, expected {code}", Shown(&decision)))
        }
    }
}

/// Whether a connection, or datagrams, go where they must.
///
/// # Errors
///
/// The first difference.
pub fn check_stream(expected: &StreamExpectation, front: &Front<'_>) -> Result<(), Failure> {
    let decision = Sent::new(expected.protocol, &expected.call, &front.router)?.decide(front);
    let Some(backend) = expected.backend.as_ref().filter(|_| !expected.fails) else {
        return match decision.answer() {
            Some(Answer::Close) => Ok(()),
            _ => fail(Aspect::Refusal, format!("not refused: {}", Shown(&decision))),
        };
    };
    reached(&decision, backend)?;
    let mode = decision.listener().and_then(|listener| listener.tls_mode());
    let wanted = expected.terminated.map(|terminator| match terminator {
        Terminator::Gateway => TlsMode::Terminate,
        Terminator::Backend => TlsMode::Passthrough,
    });
    if wanted.is_some() && mode != wanted.as_ref() {
        return fail(Aspect::Decision, format!("{} ends TLS as {mode:?}, not {wanted:?}", Shown(&decision)));
    }
    Ok(())
}
