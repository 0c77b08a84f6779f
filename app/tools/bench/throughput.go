package bench

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"parley/app/tools/traffic"
)

// throughput measures the three commit modes in the same run.
func throughput(ctx context.Context, dir string, quick bool, out io.Writer) error {
	warm, long := 3*time.Second, 12*time.Second
	if quick {
		warm, long = time.Second, 3*time.Second
	}
	fmt.Fprintf(out,
		"\n%d visitors, 20 organizations with an agent each, %d bytes a message, from the visitor's socket to the agent's screen\n",
		visitorCount, messageBytes)
	fmt.Fprintf(out, "  %-34s %9s %9s %9s   %s\n", "", "messages/s", "p50", "p99", "CPU s per 1,000 (server + Postgres)")
	print := func(what string, m measured, goal string) {
		fmt.Fprintf(out, "  %-34s %9.0f %9v %9v   %.3f (%.3f + %.3f)%s\n", what, m.rate, m.p50, m.p99, m.cpu, m.serverCPU, m.postgres, goal)
	}
	most := map[string]float64{}
	for _, mode := range []string{"together", "each", "nothing"} {
		a, err := startProcess(ctx, filepath.Join(dir, mode), mode)
		if err != nil {
			return err
		}
		err = func() error {
			defer a.stop()
			w, err := newLoad(ctx, a, visitorCount)
			if err != nil {
				return err
			}
			defer w.close()
			m, err := w.measure(ctx, 0, warm, long)
			if err != nil {
				return err
			}
			most[mode] = m.rate
			switch mode {
			case "each":
				print("one commit a message, maximum", m, "")
				return nil
			case "nothing":
				print("nothing stored, maximum", m, "")
				return nil
			}
			print("maximum", m, " (goal: 0.15)")
			html := m.html
			if m, err = w.measure(ctx, m.rate/2, warm, long); err != nil {
				return err
			}
			print("half of the maximum", m, " (goal: p99 100 ms)")
			if m, err = w.measure(ctx, 200, warm, long); err != nil {
				return err
			}
			print("200 a second", m, " (goals: 0.8, p99 50 ms)")
			printRow(out, "HTML pushed to the desk for a message",
				"%.0f bytes at the maximum, %.0f at 200 a second (goal: 2,000)", html, m.html)
			return nil
		}()
		if err != nil {
			return fmt.Errorf("messages kept %s: %w", mode, err)
		}
	}
	printRow(out, "against one commit a message", "%.1f times (goal: 3.5)", most["together"]/most["each"])
	printRow(out, "against nothing stored", "%.2f (goal: 0.5)", most["together"]/most["nothing"])
	return nil
}

// suggestionTimes measures how soon what is suggested for a message is beside its chat, while very many chats are open.
func suggestionTimes(ctx context.Context, dir string, quick bool, out io.Writer) error {
	chats, long := 10_000, 15*time.Second
	if quick {
		chats, long = 1000, 5*time.Second
	}
	a, err := startProcess(ctx, filepath.Join(dir, "suggest"), "together")
	if err != nil {
		return err
	}
	defer a.stop()
	w, err := newLoad(ctx, a, chats)
	if err != nil {
		return err
	}
	defer w.close()
	if _, err := w.measure(ctx, 200, 12*time.Second, long); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	printRow(out, fmt.Sprintf("%d open chats, 200 messages a second", chats),
		"suggestions on the desk after %v, p99 %v (goal: 50 ms); %d of %d messages", traffic.Percentile(w.helped, .5),
		traffic.Percentile(w.helped, .99), len(w.helped), len(w.took))
	return nil
}
