package live

import (
	"time"

	"parley/app/domain/conversation"
	"parley/app/front/live/frames"
)

// FrameTypes returns the kinds of frames that panels and desks may send.
func FrameTypes() (panels, desks []string) { return frames.PanelKinds(), frames.DeskKinds() }

// frameOf returns a message as the panel's visitor sees it.
func (p *panel) frameOf(m conversation.Message) frames.Message {
	out := frames.NewMessage(m)
	if a, is := m.Attachment(); is {
		out.File = &frames.File{Kind: a.MediaType, Size: a.Size, Width: a.Width, Height: a.Height, URL: p.hub.links.Path(p.site.Org, m.ID, a.Name, time.Now())}
	}
	return out
}
