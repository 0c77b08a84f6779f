package frames

import (
	"encoding/json"

	"github.com/google/uuid"
)

// maxShownThreads is how many conversations one page may say that it shows.
const maxShownThreads = 1200

type deskFrame struct{}

func (deskFrame) desk() {}

// DeskHello is the first frame of a desk, after every opening of its socket: what its page shows.
type DeskHello struct {
	deskFrame
	// Threads and Light have, by conversation, the number of the newest message that the page shows, at least 0: of panes with their
	// threads, and of panes that are not loaded. Neither is nil. A page that says nothing of its threads, or shows more than a page can,
	// counts as one that shows nothing.
	Threads, Light map[uuid.UUID]int
}

// UnmarshalJSON implements json.Unmarshaler.
func (f *DeskHello) UnmarshalJSON(raw []byte) error {
	var in struct {
		Threads map[uuid.UUID]int `json:"threads"`
		Light   map[uuid.UUID]int `json:"light"`
	}
	if err := json.Unmarshal(raw, &in); err != nil {
		return err
	}
	*f = DeskHello{Threads: map[uuid.UUID]int{}, Light: map[uuid.UUID]int{}}
	if in.Threads == nil || len(in.Threads)+len(in.Light) > maxShownThreads {
		return nil
	}
	for id, seq := range in.Threads {
		f.Threads[id] = max(0, seq)
	}
	for id, seq := range in.Light {
		f.Light[id] = max(0, seq)
	}
	return nil
}

// DeskTyping says that the agent is typing.
type DeskTyping struct {
	deskFrame
	Conversation uuid.UUID `json:"conversation"`
}

// DeskSeen says that the agent has read a conversation up to a message.
type DeskSeen struct {
	deskFrame
	Conversation uuid.UUID `json:"conversation"`
	Seq          int       `json:"seq"`
}

// DeskAlive says that somebody is at the desk.
type DeskAlive struct{ deskFrame }
