package jobs

import (
	"context"
	"log/slog"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
)

// driver is river's, but that notifications are heard on a connection to Postgres itself, where the statements' may lead to a pooler.
type driver struct {
	*riverpgxv5.Driver
	notifications *riverpgxv5.Driver // nil: notifications do not arrive
}

func newDriver(statements, notifications *pgxpool.Pool, pollOnly bool) *driver {
	d := &driver{Driver: riverpgxv5.New(statements)}
	if !pollOnly {
		d.notifications = riverpgxv5.New(notifications)
	}
	return d
}

// GetListener implements riverdriver.Driver.
func (d *driver) GetListener(params *riverdriver.GetListenenerParams) riverdriver.Listener {
	if d.notifications == nil {
		return deafListener{}
	}
	return d.notifications.GetListener(params)
}

// deafListener hears nothing, so that jobs are found by looking at the queues alone. With river's own way of doing without notifications
// each queue's settings are read every two seconds, too.
type deafListener struct{}

func (deafListener) Close(context.Context) error            { return nil }
func (deafListener) Connect(context.Context) error          { return nil }
func (deafListener) Listen(context.Context, string) error   { return nil }
func (deafListener) Ping(context.Context) error             { return nil }
func (deafListener) Schema() string                         { return schema }
func (deafListener) SetAfterConnectExec(string)             {}
func (deafListener) Unlisten(context.Context, string) error { return nil }

// WaitForNotification implements riverdriver.Listener.
func (deafListener) WaitForNotification(ctx context.Context) (*riverdriver.Notification, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// newLogger is the program's log for what river has to say: warnings and errors. It logs each job that fails for information; we do.
func newLogger() *slog.Logger { return slog.New(atLeast{slog.Default().Handler()}) }

type atLeast struct{ slog.Handler }

// Enabled implements slog.Handler.
func (h atLeast) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && h.Handler.Enabled(ctx, level)
}

// WithAttrs implements slog.Handler.
func (h atLeast) WithAttrs(attrs []slog.Attr) slog.Handler {
	return atLeast{h.Handler.WithAttrs(attrs)}
}

// WithGroup implements slog.Handler.
func (h atLeast) WithGroup(name string) slog.Handler { return atLeast{h.Handler.WithGroup(name)} }
