package live

import (
	"testing"

	"github.com/google/uuid"

	"parley/app/domain/visitor"
	"parley/app/front/live/thread"
)

// A panel that has not been welcomed follows nothing, whatever is found out for another tab of its visitor meanwhile: the welcome shows
// what it has not got, and says from where on it follows.
func TestPanelFollowsNothingBeforeItsWelcome(t *testing.T) {
	h := &Hub{relay: thread.NewRelay(nil)}
	p := &panel{hub: h, visitor: visitor.NewAnonymous(uuid.New(), uuid.New())}
	conversation := uuid.Must(uuid.NewV7())
	if p.switchTo(conversation) || h.relay.IsFollowed(conversation) {
		t.Error("it follows a conversation before its welcome")
	}
	if !p.missedEvent {
		t.Error("it does not look after its welcome for what it has missed")
	}
	p.welcomed = true
	if !p.switchTo(conversation) || !h.relay.IsFollowed(conversation) {
		t.Error("it does not follow after its welcome")
	}
	if p.switchTo(conversation) {
		t.Error("it follows a second time")
	}
}
