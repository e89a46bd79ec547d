//! A request that is under way.

use crate::server::listener::activity::Activity;

/// A request of a connection with many; ends with the value.
pub(super) struct UnderWay {
    activity: Activity,
    /// The number of the reply, as soon as there is one.
    reply: Option<u64>,
    is_whole: bool,
}

impl UnderWay {
    /// A request whose headers are there.
    pub(super) fn begin(activity: &Activity) -> Self {
        activity.stream_began();
        Self {
            activity: activity.clone(),
            reply: None,
            is_whole: false,
        }
    }

    /// The reply is there, and will be sent.
    pub(super) fn reply(&mut self) {
        self.reply = self.activity.stream_replies();
    }

    /// The whole reply is handed over.
    pub(super) fn whole(&mut self) {
        self.is_whole = true;
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.activity.stream_ended(self.reply, self.is_whole);
    }
}
