package e2e

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/app/platform/access"
	"parley/app/serve"
	"parley/app/tools/testkit"
	"parley/app/tools/traffic"
)

// TestBehindNginx restarts two instances in turns under traffic behind a real nginx with the configuration of
// deploy/nginx.conf: nobody is refused, whoever writes is acknowledged after reconnecting, and nothing is lost or
// doubled.
func TestBehindNginx(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := testkit.NewOrg(t)
	ports, running := []int{0, 0}, make([]*serve.Server, 2)
	launch := func(i int) {
		s, err := tryStartServer(t, func(c *serve.Config) { c.Port = ports[i] })
		if err != nil {
			t.Fatal(err)
		}
		running[i], ports[i] = s, portOf(t, s.URL)
	}
	launch(0)
	launch(1)
	defer func() {
		for _, s := range running {
			s.Stop()
		}
	}()
	proxy := testkit.Nginx(t, "../../deploy/nginx.conf", ports[0], ports[1])

	stop := make(chan struct{})
	all := &sync.WaitGroup{}
	asked, refused := &atomic.Int64{}, &atomic.Int64{}
	client := &http.Client{Timeout: time.Minute}
	openPages(proxy, stop, all, asked, refused, client)
	const talkers = 3
	said := make([][]string, talkers)
	place := traffic.Site{Server: proxy, Key: o.Key, Origin: "https://shop.example"}
	for i := range said { // visitors who write, and come back as the widget does
		all.Go(func() {
			writeUntil(ctx, place, o.Name, i, stop, &said[i])
		})
	}
	restartInTurns(running, launch)
	time.Sleep(500 * time.Millisecond)
	close(stop)
	all.Wait()
	if refused.Load() > 0 {
		t.Errorf("%d of %d requests were refused", refused.Load(), asked.Load())
	}
	t.Logf("%d requests, %d + %d + %d messages", asked.Load(), len(said[0]), len(said[1]), len(said[2]))
	checkStoredOnce(ctx, t, o, said)

	checkPasswordGuesses(t, o, proxy, client)
	checkLargeBody(t, o, proxy, client)
}

// restartInTurns restarts both instances twice, in turns.
func restartInTurns(running []*serve.Server, launch func(i int)) {
	for round := range 4 {
		time.Sleep(500 * time.Millisecond)
		running[round%2].Stop()
		launch(round % 2)
	}
}

// openPages has four people open pages until stop is closed.
func openPages(proxy string, stop chan struct{}, all *sync.WaitGroup, asked, refused *atomic.Int64, client *http.Client) {
	for range 4 { // people who open pages
		all.Go(func() {
			for {
				select {
				case <-stop:
					return
				case <-time.After(5 * time.Millisecond):
				}
				asked.Add(1)
				res, err := client.Get(proxy + "/login")
				if err == nil {
					io.Copy(io.Discard, res.Body)
					res.Body.Close()
				}
				if err != nil || res.StatusCode != http.StatusOK {
					refused.Add(1)
				}
			}
		})
	}
}

// checkStoredOnce checks that each acknowledged text is stored once.
func checkStoredOnce(ctx context.Context, t *testing.T, o testkit.Org, said [][]string) {
	t.Helper()
	stored := map[string]int{}
	rows, err := testkit.DB(t).As(access.System(o.ID, "test")).Query(ctx, "select body from messages where kind = 'text'")
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		var body string
		if err := rows.Scan(&body); err != nil {
			t.Fatal(err)
		}
		stored[body]++
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	for i := range said {
		for _, text := range said[i] {
			if stored[text] != 1 {
				t.Errorf("%q was acknowledged, and is there %d times", text, stored[text])
			}
		}
	}
}

// checkPasswordGuesses guesses passwords under changing forwarded addresses, and checks that they are counted together.
func checkPasswordGuesses(t *testing.T, o testkit.Org, proxy string, client *http.Client) {
	t.Helper()
	// The client's address is what nginx says, and not what the client says: who guesses passwords is refused after ten attempts, whatever
	// it sends. A large body gets as far as Parley.
	guesses := 0
	for guesses < 15 {
		form := url.Values{"email": {o.Users[access.Owner].Email}, "password": {"a wrong password"}}
		req, err := http.NewRequest(http.MethodPost, proxy+"/login", strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Origin", proxy)
		req.Header.Set("X-Forwarded-For", fmt.Sprintf("198.51.100.%d", guesses))
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode == http.StatusTooManyRequests {
			break
		}
		guesses++
	}
	if guesses != 10 {
		t.Errorf("%d wrong passwords were compared", guesses)
	}
}

// checkLargeBody checks that a large body gets as far as Parley.
func checkLargeBody(t *testing.T, o testkit.Org, proxy string, client *http.Client) {
	t.Helper()
	var err error
	res, err := client.Post(proxy+"/widget/v1/files?key="+o.Key, "application/octet-stream", bytes.NewReader(make([]byte, 8<<20)))
	if err == nil {
		res.Body.Close()
		// Without a token it is refused before it is read: nginx may see that as a server that went away.
		if res.StatusCode == http.StatusRequestEntityTooLarge {
			t.Errorf("a large body: %s", res.Status)
		}
	}
}

// writeUntil is a visitor who writes until stop is closed, comes back as the widget does, and adds to said what was acknowledged.
func writeUntil(ctx context.Context, place traffic.Site, org string, i int, stop <-chan struct{}, said *[]string) {
	token, conversation := "", ""
	for n := 0; ; {
		v, err := place.Open(ctx, nil, token)
		if err != nil {
			time.Sleep(50 * time.Millisecond)
			continue
		}
		if f, err := v.Await("welcome", time.Now().Add(time.Minute)); err != nil {
			v.Close()
			continue
		} else if f.Token != "" {
			token = f.Token
		}
		for {
			select {
			case <-stop:
				v.Close()
				return
			case <-time.After(20 * time.Millisecond):
			}
			text := fmt.Sprintf("Visitor %d says %d", i, n)
			id := uuid.NewSHA1(uuid.NameSpaceOID, []byte(text+org)).String() // the same at each attempt
			if v.SendMessage(id, conversation, text) != nil {
				break
			}
			f, err := v.Await("ack", time.Now().Add(time.Minute))
			if err != nil {
				break
			}
			conversation = f.ConversationID()
			*said = append(*said, text)
			n++
		}
		v.Close()
	}
}
