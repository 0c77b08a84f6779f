package jobs

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"parley/app/platform/pg"
)

// schema is where river's tables are.
const schema = "jobs"

// Inserter inserts jobs in the transactions of its callers.
type Inserter struct {
	client *river.Client[pgx.Tx]
	lane   string
}

// NewInserter returns an Inserter. lane is the Options.Lane of the Runner that is to work on the jobs.
func NewInserter(lane string) (*Inserter, error) {
	client, err := river.NewClient(riverpgxv5.New(nil), &river.Config{
		Schema:        schema,
		Logger:        newLogger(),
		FetchCooldown: time.Millisecond, // else of several inserts within it only the first would notify
	})
	if err != nil {
		return nil, fmt.Errorf("jobs: %w", err)
	}
	return &Inserter{client, lane}, nil
}

// Insert inserts a job that is to be done at once. It is done if the transaction is committed.
func (in *Inserter) Insert(ctx context.Context, tx pg.RawTx, args Args) error {
	return in.insert(ctx, tx, args, in.options(args))
}

// InsertOnce inserts a job that is to be done at a time (zero: at once), unless there was one with the same arguments within a day.
func (in *Inserter) InsertOnce(ctx context.Context, tx pg.RawTx, args Args, at time.Time) error {
	o := in.options(args)
	o.ScheduledAt, o.UniqueOpts.ByArgs, o.UniqueOpts.ByQueue = at, true, true
	return in.insert(ctx, tx, args, o)
}

func (in *Inserter) options(args Args) *river.InsertOpts {
	return &river.InsertOpts{Queue: queueName(args.Queue(), in.lane), MaxAttempts: queues[args.Queue()].attempts}
}

func (in *Inserter) insert(ctx context.Context, tx pg.RawTx, args Args, o *river.InsertOpts) error {
	raw, err := tx.Raw(ctx)
	if err != nil {
		return err
	}
	if _, err := in.client.InsertTx(ctx, raw, args, o); err != nil {
		return fmt.Errorf("jobs: insert %s: %w", args.Kind(), err)
	}
	return nil
}

func queueName(q Queue, lane string) string {
	if lane == "" {
		return string(q)
	}
	return string(q) + "_" + lane
}
