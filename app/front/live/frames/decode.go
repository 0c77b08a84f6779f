package frames

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/google/uuid"

	"parley/app/platform/fail"
)

// What a panel is told of a frame that cannot be decoded.
var (
	ErrUnreadable  = fail.New(fail.Invalid, "This frame is not a JSON object of the protocol.")
	ErrUnknownKind = fail.New(fail.Invalid, "There is no frame of this type.")
)

// Panel is a frame that a panel sends.
type Panel interface {
	// Check returns why the frame is refused whoever sends it (fail.Invalid); nil: it is not.
	Check() error
}

// Desk is a frame that a desk sends.
type Desk interface{ desk() }

// panelKinds and deskKinds have a decoder for every kind of frame that is accepted, by the value of its "type".
var (
	panelKinds = map[string]func([]byte) (Panel, error){
		"hello":      decodePanel[Hello],
		"send":       decodePanel[Send],
		"typing":     decodePanel[Typing],
		"contact":    decodePanel[Contact],
		"about":      decodePanel[About],
		"seen":       decodePanel[Seen],
		"end":        decodePanel[End],
		"rate":       decodePanel[Rate],
		"transcript": decodePanel[Transcript],
	}
	deskKinds = map[string]func([]byte) (Desk, error){
		"hello":  decodeDesk[DeskHello],
		"typing": decodeDesk[DeskTyping],
		"seen":   decodeDesk[DeskSeen],
		"alive":  decodeDesk[DeskAlive],
	}
)

// PanelKinds returns the kinds of frames that a panel may send, in alphabetical order.
func PanelKinds() []string { return slices.Sorted(maps.Keys(panelKinds)) }

// DeskKinds returns the kinds of frames that a desk may send, in alphabetical order.
func DeskKinds() []string { return slices.Sorted(maps.Keys(deskKinds)) }

// DecodePanel decodes a frame of a panel. id is the frame's, also on an error (ErrUnreadable or ErrUnknownKind) if it has one that can be
// read, so that the panel learns which of its frames was refused.
func DecodePanel(raw []byte) (f Panel, id uuid.UUID, err error) {
	var head struct {
		Type string    `json:"type"`
		ID   uuid.UUID `json:"id"`
	}
	if json.Unmarshal(raw, &head) != nil {
		return nil, readID(raw), ErrUnreadable
	}
	decode, known := panelKinds[head.Type]
	if !known {
		return nil, head.ID, ErrUnknownKind
	}
	f, err = decode(raw)
	return f, head.ID, err
}

// readID returns the id of a frame that cannot be read as a whole, if its "id" can be; else the zero id.
func readID(raw []byte) uuid.UUID {
	var only struct {
		ID uuid.UUID `json:"id"`
	}
	if json.Unmarshal(raw, &only) != nil {
		return uuid.Nil
	}
	return only.ID
}

// DecodeDesk decodes a frame of a desk; the error is ErrUnreadable or ErrUnknownKind.
func DecodeDesk(raw []byte) (Desk, error) {
	var head struct {
		Type string `json:"type"`
	}
	if json.Unmarshal(raw, &head) != nil {
		return nil, ErrUnreadable
	}
	decode, known := deskKinds[head.Type]
	if !known {
		return nil, ErrUnknownKind
	}
	return decode(raw)
}

func decodePanel[F Panel](raw []byte) (Panel, error) {
	var f F
	if json.Unmarshal(raw, &f) != nil {
		return nil, ErrUnreadable
	}
	return f, nil
}

func decodeDesk[F Desk](raw []byte) (Desk, error) {
	var f F
	if json.Unmarshal(raw, &f) != nil {
		return nil, ErrUnreadable
	}
	return f, nil
}
