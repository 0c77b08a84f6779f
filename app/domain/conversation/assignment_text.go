package conversation

// AssignmentText says in words how an agent got a conversation: by is the name of who assigned it, empty if that was the agent or routing.
// reason is one of Reason…; another one is returned as it is.
func AssignmentText(reason, by string) string {
	switch reason {
	case ReasonRouting:
		return "Assigned automatically"
	case ReasonTakeNext:
		return "Took the next conversation"
	case ReasonPick:
		return "Picked from the queue"
	case ReasonOfferAccepted:
		return "Accepted a transfer"
	case ReasonAssigned:
		if by == "" {
			return "Assigned"
		}
		return "Assigned by " + by
	case ReasonTakeOver:
		return "Took over"
	}
	return reason
}

// AssignmentEndText says in words why an agent no longer has a conversation. reason is one of Reason…, or SystemClosed; another one is
// returned as it is.
func AssignmentEndText(reason string) string {
	switch reason {
	case SystemClosed:
		return "Closed"
	case ReasonReturned:
		return "Requeued"
	case ReasonConnectionLost:
		return "Requeued (connection lost)"
	case ReasonAway:
		return "Requeued (away too long)"
	case ReasonNoReply:
		return "Requeued (no reply)"
	case ReasonTransfer:
		return "Transferred"
	case ReasonTakeOver, ReasonAssigned:
		return "Reassigned by a supervisor"
	}
	return reason
}
