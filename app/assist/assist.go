package assist

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"parley/app/access"
	"parley/app/assist/internal/assistdb"
	"parley/app/assist/model"
	"parley/app/chat"
	"parley/app/fail"
	"parley/app/faq"
	"parley/app/pg"
)

// Room is the place of drafts.
type Room struct {
	db     *pg.DB
	chat   *chat.Room
	faq    *faq.Room
	seal   cipher.AEAD
	inside []string // servers of the installation's own that may be asked though they are not public
	limits model.Limits
}

// Options is what the installation says.
type Options struct {
	Secret string       // SECRET_KEY: seals the organizations' keys
	Inside []string     // host:port of model servers inside the house
	Limits model.Limits // zero: the usual ones
}

// New returns the room.
func New(db *pg.DB, chats *chat.Room, entries *faq.Room, o Options) (*Room, error) {
	key, err := hkdf.Key(sha256.New, []byte(o.Secret), nil, "language models' keys 1", 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	seal, err := cipher.NewGCM(block)
	return &Room{db: db, chat: chats, faq: entries, seal: seal, inside: o.Inside, limits: o.Limits}, err
}

// Settings is an organization's language model.
type Settings struct {
	BaseURL   string
	Key       string // only to set; empty: the one there is
	HasKey    bool
	Model     string
	Enabled   bool
	Automatic bool // drafts without being asked, where no entry is sure
	Mask      bool // addresses and numbers of persons do not leave the house
	Budget    int  // tokens a month
	Used      int  // of them, this month (UTC)
	Calls     int
}

// BudgetMost is the largest budget in tokens a month.
const BudgetMost = 1_000_000_000_000

// Settings returns the organization's; ok is false if it has no model.
func (r *Room) Settings(ctx context.Context, who access.Actor) (s Settings, ok bool, err error) {
	t, err := r.db.ForAll(who, access.Manage)
	if err != nil {
		return s, false, err
	}
	q := assistdb.New(t)
	row, err := q.GetModel(ctx)
	if pg.None(err) {
		return Settings{Enabled: true, Mask: true, Budget: 1_000_000}, false, nil
	}
	if err != nil {
		return s, false, err
	}
	s = Settings{BaseURL: row.BaseUrl, HasKey: len(row.Key) > 0, Model: row.Model, Enabled: row.Enabled, Automatic: row.Automatic, Mask: row.Mask, Budget: int(row.Budget)}
	use, err := q.GetUse(ctx)
	if pg.None(err) {
		err = nil
	}
	s.Used, s.Calls = int(use.Tokens), int(use.Calls)
	return s, true, err
}

// SetSettings keeps them. An empty key leaves the one there is, but not for another address: a key goes where it was meant for.
func (r *Room) SetSettings(ctx context.Context, who access.Actor, in Settings) error {
	t, err := r.db.ForAll(who, access.Manage)
	if err != nil {
		return err
	}
	var checks fail.Checks
	if in.Budget < 0 || in.Budget > BudgetMost {
		checks.Add("budget", "Please give a number of tokens from 0 on.")
	}
	if _, err := model.New(model.Settings{BaseURL: in.BaseURL, Key: model.Key(in.Key), Model: in.Model, Inside: r.inside}); err != nil {
		if e := fail.As(err); e != nil {
			for field, text := range e.Fields {
				checks.Add(field, "%s", text)
			}
		}
	}
	if err := checks.Result(); err != nil {
		return err
	}
	if in.BaseURL, err = model.ParseBase(in.BaseURL, r.inside); err != nil {
		return err
	}
	q := assistdb.New(t)
	sealed := []byte{}
	if in.Key != "" {
		if sealed, err = r.sealed(who.Org(), in.Key); err != nil {
			return err
		}
	} else if row, err := q.GetModel(ctx); err == nil {
		if row.BaseUrl != in.BaseURL && len(row.Key) > 0 {
			return fail.Field("key", "The address is another one: please give its key, too.")
		}
		sealed = row.Key
	} else if !pg.None(err) {
		return err
	}
	return q.PutModel(ctx, assistdb.PutModelParams{BaseUrl: in.BaseURL, Key: sealed, Model: in.Model, Enabled: in.Enabled, Automatic: in.Automatic, Mask: in.Mask, Budget: int64(in.Budget)})
}

// Forget takes the model away, with its key.
func (r *Room) Forget(ctx context.Context, who access.Actor) error {
	t, err := r.db.ForAll(who, access.Manage)
	if err != nil {
		return err
	}
	_, err = assistdb.New(t).RemoveModel(ctx)
	return err
}

// sealed encrypts a key so that it opens for its organization only.
func (r *Room) sealed(org uuid.UUID, key string) ([]byte, error) {
	nonce := make([]byte, r.seal.NonceSize())
	if _, err := rand.Read(nonce); err != nil {
		return nil, err
	}
	return r.seal.Seal(nonce, nonce, []byte(key), org[:]), nil
}

func (r *Room) opened(org uuid.UUID, sealed []byte) (model.Key, error) {
	if len(sealed) == 0 {
		return "", nil
	}
	if len(sealed) < r.seal.NonceSize() {
		return "", errors.New("assist: a sealed key is too short")
	}
	n := r.seal.NonceSize()
	key, err := r.seal.Open(nil, sealed[:n], sealed[n:], org[:])
	if err != nil {
		return "", fail.New(fail.Conflict, "The key of the language model cannot be opened: the installation's secret has changed. A manager has to enter it again.")
	}
	return model.Key(key), nil
}

// Writes reports whether the organization has a model that is switched on.
func (r *Room) Writes(ctx context.Context, who access.Actor) (bool, error) {
	w, err := r.writer(ctx, who)
	return w != nil, err
}

// Automatic reports whether drafts are wanted without being asked, where no entry is sure.
func (r *Room) Automatic(ctx context.Context, who access.Actor) bool {
	w, err := r.writer(ctx, who)
	return err == nil && w != nil && w.automatic
}

// writer is an organization's model, ready to be asked.
type writer struct {
	client          *model.Client
	automatic, mask bool
}

// writer returns nil if there is none.
func (r *Room) writer(ctx context.Context, who access.Actor) (*writer, error) {
	t, err := r.db.For(who, access.Answer)
	if err != nil {
		return nil, err
	}
	row, err := assistdb.New(t).GetModel(ctx)
	if pg.None(err) || err == nil && !row.Enabled {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	key, err := r.opened(who.Org(), row.Key)
	if err != nil {
		return nil, err
	}
	client, err := model.New(model.Settings{BaseURL: row.BaseUrl, Key: key, Model: row.Model, Inside: r.inside, Limits: r.limits})
	if err != nil {
		return nil, fmt.Errorf("settings of the language model: %w", err)
	}
	return &writer{client, row.Automatic, row.Mask}, nil
}

// errSpent refuses a request that the budget could not pay.
var errSpent = fail.New(fail.Busy, "This month’s budget for the language model is used up.")

// ask pays for a request and streams its answer. What it may cost at the most is taken out of the budget before, and what it
// did not cost is put back after.
func (r *Room) ask(ctx context.Context, who access.Actor, w *writer, request model.Request, piece func(string) error) error {
	q := assistdb.New(r.db.As(who))
	most := int64(request.Most())
	n, err := q.Reserve(ctx, most)
	if err != nil {
		return err
	}
	if n == 0 {
		return errSpent
	}
	month := time.Now().UTC()
	end, asked := w.client.Stream(ctx, request, piece)
	settle, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if err := q.Settle(settle, assistdb.SettleParams{Difference: int64(end.Usage.Total()) - most, Month: month.Format("2006-01") + "-01"}); err != nil {
		return errors.Join(asked, err)
	}
	return asked
}
