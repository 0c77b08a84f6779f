package live

import (
	"context"
	"time"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"parley/app/domain/conversation"
	model "parley/app/front/desk"
	"parley/app/platform/fail"
	view "parley/templates/desk"
)

// screenUpdate gathers the fragments that bring a desk's page up to date. While it does, the desk begins to follow the conversations
// that the page shows, and stops following the others.
type screenUpdate struct {
	desk       *desk
	screen     model.Screen
	shown      *shownPanes
	now        time.Time
	fragments  [][]byte
	wholePanes int               // on the page, those included that the fragments add
	missing    map[uuid.UUID]int // by conversation, the number after which the page is to be sent messages
	followed   []uuid.UUID       // conversations whose panes are whole
	open       map[uuid.UUID]bool
}

// renderUpdate returns the fragments that bring the page up to date with a screen.
func (d *desk) renderUpdate(ctx context.Context, screen model.Screen, shown *shownPanes) ([][]byte, error) {
	u := &screenUpdate{
		desk:       d,
		screen:     screen,
		shown:      shown,
		now:        time.Now(),
		wholePanes: len(shown.whole),
		missing:    map[uuid.UUID]int{},
		open:       map[uuid.UUID]bool{},
	}
	u.add(view.ListsUpdate(d.actor.ID(), screen.Lists, u.now))
	u.add(view.QueueMoreUpdate(screen.More))
	u.add(view.AvailabilityUpdate(screen.Availability))
	for _, c := range screen.Open() {
		u.open[c.ID] = true
		u.updatePane(c)
	}
	if err := u.updateOtherPanes(ctx); err != nil {
		return nil, err
	}
	return u.fragments, u.addMissing(ctx) // now that the conversations are followed
}

func (u *screenUpdate) add(c templ.Component) { u.fragments = append(u.fragments, renderHTML(c)) }

// updatePane brings the pane of an open conversation up to date, or adds it.
func (u *screenUpdate) updatePane(c conversation.Conversation) {
	after, isWhole := u.shown.whole[c.ID]
	lightAfter, isLight := u.shown.light[c.ID]
	switch {
	case isWhole:
		if s := u.screen.Suggestions[c.ID]; len(s.List) > 0 {
			u.add(view.SuggestionsUpdate(c.ID, s))
		}
	case isLight:
		u.updateLightPane(c, lightAfter)
		return
	case u.wholePanes >= model.MaxWholePanes:
		u.addLightPane(c)
		return
	default:
		u.wholePanes++
		u.add(view.AddPane(model.Pane{
			Conversation: c,
			Viewer:       u.desk.actor.ID(),
			Visibility:   u.desk.row(c, u.now).Visibility,
			Participants: u.screen.Participants[c.ID],
			Suggestions:  u.screen.Suggestions[c.ID],
		}))
	}
	u.add(view.PaneStateUpdate(u.desk.row(c, u.now)))
	u.add(view.ParticipantsUpdate(c, u.desk.actor.ID(), u.screen.Participants[c.ID]))
	u.follow(c, after)
}

// follow has the desk follow a conversation whose pane is whole and shows its messages up to a number.
func (u *screenUpdate) follow(c conversation.Conversation, after int) {
	if after > c.LastSeq {
		after = 0
	}
	if after == 0 { // a pane begins with the newest messages; those before are loaded when somebody scrolls to them
		after = max(0, c.LastSeq-conversation.DeskThreadLimit)
	}
	u.desk.follow(c.ID, after)
	u.followed = append(u.followed, c.ID)
	if c.LastSeq-after > conversation.MessagePageSize { // much is missing: it comes page by page after this
		u.desk.hub.relay.CatchUp(c.ID)
		return
	}
	u.missing[c.ID] = after
}

func (u *screenUpdate) addLightPane(c conversation.Conversation) {
	u.desk.mu.Lock()
	u.desk.lightPanes[c.ID] = true
	u.desk.mu.Unlock()
	u.add(view.AddPane(model.Pane{Conversation: c, Viewer: u.desk.actor.ID(), Visibility: u.desk.row(c, u.now).Visibility, Light: true}))
	u.desk.follow(c.ID, c.LastSeq)
}

// updateLightPane shows what has changed in a light pane: mostly nothing. If something was said, the last message shows that.
func (u *screenUpdate) updateLightPane(c conversation.Conversation, after int) {
	u.desk.follow(c.ID, c.LastSeq)
	if after == c.LastSeq && len(u.screen.Participants[c.ID]) == 0 {
		return
	}
	if after < c.LastSeq {
		u.missing[c.ID] = c.LastSeq - 1
	}
	u.add(view.PaneStateUpdate(u.desk.row(c, u.now)))
}

// updateOtherPanes shows in panes of conversations that are no longer the agent's open ones what has become of them.
func (u *screenUpdate) updateOtherPanes(ctx context.Context) error {
	for _, cursors := range []map[uuid.UUID]int{u.shown.whole, u.shown.light} {
		for id, after := range cursors {
			if u.open[id] {
				continue
			}
			if err := u.updateOtherPane(ctx, id, after); err != nil {
				return err
			}
		}
	}
	return nil
}

func (u *screenUpdate) updateOtherPane(ctx context.Context, id uuid.UUID, after int) error {
	d := u.desk
	c, err := d.hub.conversations.Get(ctx, d.actor, id)
	isOwn := err == nil && c.Agent == d.actor.ID()
	switch {
	case err != nil && fail.KindOf(err) != fail.NotFound:
		return err
	case isOwn && c.State == conversation.Open: // since the lists were read: the event is on its way
		d.follow(id, min(after, c.LastSeq))
	case isOwn && c.State == conversation.Closed:
		if _, isWhole := u.shown.whole[id]; isWhole {
			u.missing[id] = after
		}
		u.add(view.PaneStateUpdate(model.OwnRow(c)))
	case err == nil && c.State == conversation.Waiting:
		u.add(view.PaneStateUpdate(model.Row{Conversation: c}))
		d.trackOffer(id, c.OfferRecipient(u.now) != uuid.Nil)
		d.unfollow(id)
	default:
		u.add(view.RemovePane(id))
		d.unfollow(id)
	}
	return nil
}

// addMissing adds the messages that the page does not show, and how far visitors have read.
func (u *screenUpdate) addMissing(ctx context.Context) error {
	threads, read, err := u.desk.hub.screens.LoadMissing(ctx, u.desk.actor, u.missing, u.followed)
	if err != nil {
		return err
	}
	for id, seq := range read {
		if seq > 0 {
			u.add(view.VisitorReadUpdate(id, seq))
		}
	}
	for id, messages := range threads {
		u.add(view.MessagesUpdate(id, messages))
		u.desk.hub.relay.Advance(u.desk, id, messages[len(messages)-1].Seq)
	}
	return nil
}
