package bus

import (
	"context"

	"github.com/google/uuid"
)

// Handler is told of events.
type Handler interface {
	// HandleEvents gets what happened, in order, as many events as were published at once. Many goroutines may call it at once.
	HandleEvents([]Event)
	// Resync says that events of other processes may have been missed, about one organization or, for the zero id, about all: what
	// depends on them is to be read again.
	Resync(org uuid.UUID)
}

// ConnectionWatcher is a handler that also wants to know when the connection to the other processes is lost, and when it is back.
type ConnectionWatcher interface{ ConnectionChanged(bool) }

// Driver carries payloads between processes, in channels.
type Driver interface {
	// Send sends payloads to all other processes that listen, in one round trip.
	Send(ctx context.Context, payloads []Payload) error
	// Listen subscribes to a channel, which takes effect soon; Unlisten ends that. Both return at once and may be called at any time.
	Listen(channel string)
	Unlisten(channel string)
	// Run receives payloads until ctx ends. listening is called with the channels that are received from now on: after Listen, and with
	// all of them after a reconnection; lost is called when the connection is lost.
	Run(ctx context.Context, heard func(body string), listening func(channels []string), lost func()) error
	// MaxPayload is the largest payload in bytes.
	MaxPayload() int
}

// Payload is what is sent at once.
type Payload struct{ Channel, Body string }
