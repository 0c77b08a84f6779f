package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"parley/app/platform/access"
	"parley/app/platform/fail"
	"parley/app/platform/fair"
)

// Job is what a worker is given to do.
type Job[A Args] struct {
	Args A
	Attempt
}

// Attempt says which attempt at a job is under way.
type Attempt struct {
	Number  int // from 1
	Last    bool
	Created time.Time // when the job was inserted
}

// Worker does the jobs of one kind. ForOrganization and ForInstallation make one.
type Worker struct {
	err error
	add func(*river.Workers) error
}

// timeout is how long an attempt may take, the wait for a turn included.
const timeout = time.Minute

// ForOrganization returns a worker for jobs of organizations. purpose says for the log what the organization's system
// is at. Where there are turns (nil: there are none), a job waits for its organization's; one that waits too long goes
// back into the queue, so that what waits of one organization does not take the workers of all.
func ForOrganization[A OrgArgs](
	purpose string, turns *fair.Slots, do func(ctx context.Context, actor access.Actor, job Job[A]) error,
) Worker {
	return newWorker(func(ctx context.Context, job Job[A]) error {
		org := job.Args.Organization()
		if turns != nil {
			release, err := turns.Acquire(ctx, org)
			if fail.KindOf(err) == fail.Busy {
				return Wait(2*time.Second + rand.N(8*time.Second))
			}
			if err != nil {
				return err
			}
			defer release()
		}
		return do(ctx, access.System(org, purpose), job)
	})
}

// ForInstallation returns a worker for jobs that belong to no organization.
func ForInstallation[A Args](do func(ctx context.Context, job Job[A]) error) Worker {
	return newWorker(do)
}

func newWorker[A Args](do func(ctx context.Context, job Job[A]) error) Worker {
	var none A
	return Worker{err: checkArgs(none), add: func(all *river.Workers) error {
		return river.AddWorkerSafely(all, &riverWorker[A]{do: do})
	}}
}

// Wait is what a worker returns to be given the job again after a time. It is no failed attempt.
func Wait(d time.Duration) error { return waitError(d) }

type waitError time.Duration

func (e waitError) Error() string { return "wait " + time.Duration(e).String() }

// GiveUp is what a worker returns if another attempt would fail, too.
func GiveUp(err error) error { return &giveUpError{err} }

// IsGivenUp reports whether an error is one of GiveUp.
func IsGivenUp(err error) bool {
	var given *giveUpError
	return errors.As(err, &given)
}

type giveUpError struct{ error }

func (e *giveUpError) Unwrap() error { return e.error }

// riverWorker is a Worker as river wants it.
type riverWorker[A Args] struct {
	river.WorkerDefaults[A]
	do func(ctx context.Context, job Job[A]) error
}

// Timeout implements river.Worker.
func (w *riverWorker[A]) Timeout(*river.Job[A]) time.Duration { return timeout }

// Work implements river.Worker. What fails is logged here, once; the table keeps no more than where to look for it.
func (w *riverWorker[A]) Work(ctx context.Context, j *river.Job[A]) (err error) {
	job := Job[A]{j.Args, Attempt{Number: j.Attempt, Last: j.Attempt >= j.MaxAttempts, Created: j.CreatedAt}}
	defer func() {
		if p := recover(); p != nil {
			slog.Error("a job panicked", "reference", reference(j.JobRow), "kind", j.Kind, "panic", p, "stack", string(debug.Stack()))
			err = errors.New(reference(j.JobRow))
		}
	}()
	return settle(ctx, j.JobRow, job.Last, w.do(ctx, job))
}

// settle translates what a worker has returned into what river knows, and logs it if it is an error.
func settle(ctx context.Context, j *rivertype.JobRow, last bool, err error) error {
	var wait waitError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &wait):
		return river.JobSnooze(time.Duration(wait))
	case IsGivenUp(err):
		slog.Error("a job was given up", "reference", reference(j), "kind", j.Kind, "error", err)
		return river.JobCancel(errors.New(reference(j)))
	case errors.Is(ctx.Err(), context.Canceled): // the instance ends: another attempt is made elsewhere
	case last:
		slog.Error("a job failed for the last time", "reference", reference(j), "kind", j.Kind, "attempt", j.Attempt, "error", err)
	default:
		slog.Warn("a job failed and is tried again", "reference", reference(j), "kind", j.Kind, "attempt", j.Attempt, "error", err)
	}
	return errors.New(reference(j))
}

// reference names an attempt at a job in the log.
func reference(j *rivertype.JobRow) string { return fmt.Sprintf("job-%d-%d", j.ID, j.Attempt) }
