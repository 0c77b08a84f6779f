package jobs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"parley/app/platform/pg"
)

// Options say how a Runner works. The zero value is what a server has that hears notifications.
type Options struct {
	Lane     string          // tests: jobs of a lane are done by the instances of that lane only
	PollOnly bool            // notifications do not arrive: the addresses lead to a pooler
	Poll     time.Duration   // tests: how often each queue is looked at; 0: as queues says, every 5 seconds with PollOnly
	Retries  []time.Duration // tests: the pauses before another attempt, the last for all that follow; nil: defaultRetries
	Idle     bool            // tests: the Runner does no jobs, as that of an instance which is killed after it has inserted some
	Rescue   time.Duration   // tests: after how long a job is done again whose instance was killed; at least timeout. 0: two minutes
}

// defaultRetries are the pauses before another attempt. Mail servers that want a mail to be offered again want it after minutes.
var defaultRetries = []time.Duration{2 * time.Second, 15 * time.Second, time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour}

const (
	pollOnlyInterval = 5 * time.Second
	fetchCooldown    = 50 * time.Millisecond // between two looks at a queue
	rescueAfter      = 2 * time.Minute
	drainTime        = 2 * time.Second // what is under way has so long to end when the instance stops
)

// Runner works on jobs.
type Runner struct {
	client                    *river.Client[pgx.Tx]
	statements, notifications *pgxpool.Pool
	lane                      string
	idle                      bool
}

// NewRunner returns a Runner with its workers, one for each kind of job. It does nothing before Run.
func NewRunner(ctx context.Context, db *pg.DB, o Options, workers ...Worker) (*Runner, error) {
	all := river.NewWorkers()
	for _, w := range workers {
		if err := w.err; err != nil {
			return nil, err
		}
		if err := w.add(all); err != nil {
			return nil, fmt.Errorf("jobs: %w", err)
		}
	}
	statements, notifications, err := db.JobPools(ctx)
	if err != nil {
		return nil, err
	}
	r := &Runner{statements: statements, notifications: notifications, lane: o.Lane, idle: o.Idle}
	if r.client, err = river.NewClient(newDriver(statements, notifications, o.PollOnly), riverConfig(o, all)); err != nil {
		r.Close()
		return nil, fmt.Errorf("jobs: %w", err)
	}
	return r, nil
}

func riverConfig(o Options, workers *river.Workers) *river.Config {
	poll, rescue, pauses := o.Poll, o.Rescue, retries(o.Retries)
	if poll == 0 && o.PollOnly {
		poll = pollOnlyInterval
	}
	if rescue == 0 {
		rescue = rescueAfter
	}
	if pauses == nil {
		pauses = defaultRetries
	}
	served := map[string]river.QueueConfig{}
	for name, q := range queues {
		served[queueName(name, o.Lane)] = river.QueueConfig{MaxWorkers: q.workers, FetchPollInterval: cmp.Or(poll, q.poll)}
	}
	return &river.Config{
		Schema: schema, Queues: served, Workers: workers, Logger: newLogger(), RetryPolicy: pauses,
		FetchCooldown: fetchCooldown, JobTimeout: timeout, RescueStuckJobsAfter: max(rescue, timeout+time.Millisecond),
		SoftStopTimeout:             drainTime,
		ReindexerIndexNames:         []string{}, // the application's role owns no index
		CompletedJobRetentionPeriod: 24 * time.Hour,
	}
}

// Run works on jobs until ctx ends. What is under way then has a moment to end, and is done by another instance otherwise.
func (r *Runner) Run(ctx context.Context) error {
	defer r.Close()
	if r.idle {
		<-ctx.Done()
		return nil
	}
	for pause := 100 * time.Millisecond; ; pause = min(2*pause, 5*time.Second) {
		err := r.client.Start(context.WithoutCancel(ctx))
		if err == nil {
			break
		}
		slog.Warn("jobs are not done yet: the database does not let us begin", "error", err)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
		}
	}
	<-ctx.Done()
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTime+2*time.Second)
	defer cancel()
	if err := r.client.Stop(stopping); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("jobs: %w", err)
	}
	return nil
}

// Close closes the connections of a Runner that is not to Run. It waits a moment for those that are in use.
func (r *Runner) Close() {
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		r.statements.Close()
		r.notifications.Close()
	}()
	select {
	case <-closed:
	case <-time.After(time.Second):
	}
}

// Waiting returns how many jobs of some queues are not done yet. It asks the database.
func (r *Runner) Waiting(ctx context.Context, list ...Queue) (n int, err error) {
	var names []string
	for _, q := range list {
		names = append(names, queueName(q, r.lane))
	}
	err = r.statements.QueryRow(ctx, `select count(*) from jobs.river_job
		where state in ('available', 'running', 'retryable', 'scheduled') and queue = any ($1)`, names).Scan(&n)
	return n, err
}

// retries are pauses before another attempt.
type retries []time.Duration

// NextRetry implements river.ClientRetryPolicy.
func (p retries) NextRetry(j *rivertype.JobRow) time.Time {
	return time.Now().Add(p[min(len(j.Errors), len(p)-1)])
}
