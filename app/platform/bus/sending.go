package bus

import (
	"context"
	"encoding/json"
	"log/slog"
	"time"
)

// send sends what is waiting until ctx ends, in as few payloads as fit and in one round trip at a time.
func (b *Bus) send(ctx context.Context) {
	for {
		select {
		case e := <-b.outgoing:
			b.flush(ctx, b.gather(e))
		case <-ctx.Done(): // what is still waiting, and then "resync", whatever became of it
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
			defer cancel()
			for len(b.outgoing) > 0 && last.Err() == nil {
				b.flush(last, b.gather(<-b.outgoing))
			}
			b.dropped.Store(true)
			b.flush(last, []Event{{Kind: controlKind, Local: control{Bye: true}}})
			return
		}
	}
}

func (b *Bus) gather(first Event) []Event {
	events := []Event{first}
	for len(events) < 512 {
		select {
		case e := <-b.outgoing:
			events = append(events, e)
		default:
			return events
		}
	}
	return events
}

func (b *Bus) flush(ctx context.Context, events []Event) {
	var payloads []Payload
	byChannel := map[string][]Event{}
	var order []string
	var last controlBatch
	for _, e := range events {
		if e.Kind == controlKind {
			last.add(e.Local.(control))
			continue
		}
		if e.Kind == flushMarker {
			defer close(e.Local.(chan struct{}))
			continue
		}
		c := channelFor(e)
		if byChannel[c] == nil {
			order = append(order, c)
		}
		byChannel[c] = append(byChannel[c], e)
	}
	for _, c := range order {
		for _, body := range b.pack(byChannel[c]) {
			payloads = append(payloads, Payload{c, body})
		}
	}
	if b.dropped.Swap(false) {
		payloads = append(payloads, Payload{globalChannel, b.resyncPayload()})
	}
	for _, c := range last.list() { // after what was published before
		raw, err := json.Marshal(envelope{From: b.self, control: c})
		if err == nil {
			payloads = append(payloads, Payload{globalChannel, string(raw)})
		}
	}
	if len(payloads) == 0 {
		return
	}
	for attempt := 0; ; attempt++ {
		sending, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		err := b.driver.Send(sending, payloads)
		cancel()
		if err == nil {
			b.sent.Add(int64(len(events) - last.events))
			return
		}
		if ctx.Err() != nil {
			b.dropped.Store(true) // the last payload will say so
			return
		}
		slog.Warn("the bus cannot send, trying again", "error", err)
		select {
		case <-ctx.Done():
			return
		case <-time.After(min(time.Duration(attempt+1)*200*time.Millisecond, 2*time.Second)):
		}
	}
}

// pack splits events into payloads that the driver can carry.
func (b *Bus) pack(events []Event) []string {
	raw, err := json.Marshal(envelope{From: b.self, Events: events})
	if err == nil && len(raw) <= b.driver.MaxPayload() {
		return []string{string(raw)}
	}
	if len(events) == 1 { // it is too large: the others resync
		return []string{b.resyncPayload()}
	}
	half := len(events) / 2
	return append(b.pack(events[:half]), b.pack(events[half:])...)
}

func (b *Bus) resyncPayload() string { return `{"f":"` + b.self + `","g":true}` }
