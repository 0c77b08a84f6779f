package live

import (
	"parley/app/front/live/frames"
	"parley/app/front/live/wire"
)

// Stats is how the sockets of this process are doing. Its counts begin with the process.
type Stats struct {
	Sockets  []wire.Stats     // of visitors, of staff, and of polls
	Threads  int              // conversations that a screen here follows
	Refusals map[string]int64 // by the name of the limit, as the setting LIMITS has it
}

// Stats returns the present figures.
func (h *Hub) Stats() Stats {
	return Stats{
		Threads:  h.relay.Len(),
		Refusals: h.limiter.Refusals(),
		Sockets:  []wire.Stats{h.visitorSockets.Stats(), h.staffSockets.Stats(), h.polls.Stats()},
	}
}

// FrameTypes returns the kinds of frames that panels and desks may send.
func FrameTypes() (panels, desks []string) { return frames.PanelKinds(), frames.DeskKinds() }
