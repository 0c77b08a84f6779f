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

	"parley/app/domain/assist/internal/assistdb"
	"parley/app/domain/assist/model"
	"parley/app/domain/conversation"
	"parley/app/domain/faq"
	"parley/app/domain/settings"
	"parley/app/platform/access"
	"parley/app/platform/events"
	"parley/app/platform/fail"
	"parley/app/platform/pg"
)

// Service is the place of drafts.
type Service struct {
	db           *pg.DB
	chat         *conversation.Service
	faq          *faq.Service
	seal         cipher.AEAD
	allowedHosts []string // servers of the installation's own that may be asked though they are not public
	limits       model.Limits
}

// Options is what the installation says.
type Options struct {
	Secret       string       // SECRET_KEY: seals the organizations' keys
	AllowedHosts []string     // host:port of model servers in the installation’s own network
	Limits       model.Limits // zero: the usual ones
}

// New returns the service.
func New(db *pg.DB, chats *conversation.Service, entries *faq.Service, o Options) (*Service, error) {
	key, err := hkdf.Key(sha256.New, []byte(o.Secret), nil, "language models' keys 1", 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	seal, err := cipher.NewGCM(block)
	return &Service{db: db, chat: chats, faq: entries, seal: seal, allowedHosts: o.AllowedHosts, limits: o.Limits}, err
}

// ModelSettings is an organization's language model with its key and its use.
type ModelSettings struct {
	settings.LanguageModel
	Key    string // only to set; empty: the one there is
	HasKey bool
	Used   int // tokens of the budget, this month (UTC)
	Calls  int
}

// GetModelSettings returns the organization's; ok is false if it has no model.
func (s *Service) GetModelSettings(ctx context.Context, who access.Actor) (m ModelSettings, ok bool, err error) {
	t, err := s.db.Authorize(who, access.ModelRead)
	if err != nil {
		return m, false, err
	}
	q := assistdb.New(t)
	row, err := q.GetModel(ctx)
	if pg.IsNoRows(err) {
		return ModelSettings{LanguageModel: settings.DefaultLanguageModel()}, false, nil
	}
	if err != nil {
		return m, false, err
	}
	m.HasKey = len(row.Key) > 0
	m.LanguageModel = settings.LanguageModel{
		BaseURL:   row.BaseUrl,
		Model:     row.Model,
		Enabled:   row.Enabled,
		Automatic: row.Automatic,
		Mask:      row.Mask,
		Budget:    int(row.Budget),
	}
	use, err := q.GetUsage(ctx)
	if pg.IsNoRows(err) {
		err = nil
	}
	m.Used, m.Calls = int(use.Tokens), int(use.Calls)
	return m, true, err
}

// SetModelSettings stores the organization's model. An empty key leaves the one there is, but not for another address:
// a key goes where it was meant for.
func (s *Service) SetModelSettings(ctx context.Context, who access.Actor, in ModelSettings) error {
	t, err := s.db.Authorize(who, access.ModelUpdate)
	if err != nil {
		return err
	}
	var checks fail.Checks
	if err := checks.Merge(in.Check()); err != nil {
		return err
	}
	if _, err := model.New(model.Settings{
		BaseURL:      in.BaseURL,
		Key:          model.Key(in.Key),
		Model:        in.Model,
		AllowedHosts: s.allowedHosts,
	}); err != nil {
		if e := fail.As(err); e != nil {
			for field, text := range e.Fields {
				checks.Add(field, "%s", text)
			}
		}
	}
	if err := checks.Result(); err != nil {
		return err
	}
	if in.BaseURL, err = model.ParseBaseURL(in.BaseURL, s.allowedHosts); err != nil {
		return err
	}
	q := assistdb.New(t)
	sealed := []byte{}
	if in.Key != "" {
		if sealed, err = s.sealKey(who.Org(), in.Key); err != nil {
			return err
		}
	} else if row, err := q.GetModel(ctx); err == nil {
		if row.BaseUrl != in.BaseURL && len(row.Key) > 0 {
			return fail.Field("key", "You changed the address. Enter the API key for it, too.")
		}
		sealed = row.Key
	} else if !pg.IsNoRows(err) {
		return err
	}
	p := assistdb.SaveModelParams{
		BaseUrl:   in.BaseURL,
		Key:       sealed,
		Model:     in.Model,
		Enabled:   in.Enabled,
		Automatic: in.Automatic,
		Mask:      in.Mask,
		Budget:    int64(in.Budget),
	}
	return t.Tx(ctx, func(tx *pg.Tenant) error {
		q := assistdb.New(tx)
		before, err := q.LockModel(ctx)
		isNew := pg.IsNoRows(err)
		if err != nil && !isNew {
			return err
		}
		if err := q.SaveModel(ctx, p); err != nil {
			return err
		}
		return events.Record(ctx, tx, who, modelChanged(who.Org(), before, isNew, in))
	})
}

// RemoveModel takes the model away, with its key.
func (s *Service) RemoveModel(ctx context.Context, who access.Actor) error {
	t, err := s.db.Authorize(who, access.ModelRemove)
	if err != nil {
		return err
	}
	err = t.Tx(ctx, func(tx *pg.Tenant) error {
		row, err := assistdb.New(tx).DeleteModel(ctx)
		if err != nil {
			return err
		}
		return events.Record(ctx, tx, who, modelRemoved(who.Org(), row))
	})
	if pg.IsNoRows(err) {
		return nil // it is gone already
	}
	return err
}

// sealKey encrypts a key so that it opens for its organization only.
func (s *Service) sealKey(org uuid.UUID, key string) ([]byte, error) {
	nonce := make([]byte, s.seal.NonceSize())
	if _, err := rand.Read(nonce); err != nil {
		return nil, err
	}
	return s.seal.Seal(nonce, nonce, []byte(key), org[:]), nil
}

func (s *Service) openKey(org uuid.UUID, sealed []byte) (model.Key, error) {
	if len(sealed) == 0 {
		return "", nil
	}
	if len(sealed) < s.seal.NonceSize() {
		return "", errors.New("assist: a sealed key is too short")
	}
	n := s.seal.NonceSize()
	key, err := s.seal.Open(nil, sealed[:n], sealed[n:], org[:])
	if err != nil {
		return "", fail.New(fail.Conflict,
			"The API key of the language model cannot be decrypted because the installation's secret has changed. A manager must enter it again.")
	}
	return model.Key(key), nil
}

// HasModel reports whether the organization has a model that is switched on.
func (s *Service) HasModel(ctx context.Context, who access.Actor) (bool, error) {
	w, err := s.loadWriter(ctx, who, access.ConversationDraft)
	return w != nil, err
}

// IsAutomatic reports whether drafts are wanted without being asked, where no entry is sure.
func (s *Service) IsAutomatic(ctx context.Context, who access.Actor) bool {
	w, err := s.loadWriter(ctx, who, access.ConversationDraft)
	return err == nil && w != nil && w.automatic
}

// modelWriter is an organization's model, ready to be asked.
type modelWriter struct {
	client          *model.Client
	automatic, mask bool
}

// loadWriter returns nil if there is none.
func (s *Service) loadWriter(ctx context.Context, who access.Actor, action access.Action) (*modelWriter, error) {
	t, err := s.db.Authorize(who, action)
	if err != nil {
		return nil, err
	}
	row, err := assistdb.New(t).GetModel(ctx)
	if pg.IsNoRows(err) || err == nil && !row.Enabled {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	key, err := s.openKey(who.Org(), row.Key)
	if err != nil {
		return nil, err
	}
	client, err := model.New(model.Settings{
		BaseURL:      row.BaseUrl,
		Key:          key,
		Model:        row.Model,
		AllowedHosts: s.allowedHosts,
		Limits:       s.limits,
	})
	if err != nil {
		return nil, fmt.Errorf("settings of the language model: %w", err)
	}
	return &modelWriter{client, row.Automatic, row.Mask}, nil
}

// errBudgetSpent refuses a request that the budget could not pay.
var errBudgetSpent = fail.New(fail.Busy, "This month’s token budget for the language model is used up.")

// streamWithinBudget pays for a request and streams its answer. What it may cost at the most is taken out of the budget before, and what it
// did not cost is put back after.
func (s *Service) streamWithinBudget(
	ctx context.Context, who access.Actor, w *modelWriter, request model.Request, piece func(string) error,
) error {
	q := assistdb.New(s.db.As(who))
	most := int64(request.MaxTokensTotal())
	n, err := q.ReserveTokens(ctx, most)
	if err != nil {
		return err
	}
	if n == 0 {
		return errBudgetSpent
	}
	month := time.Now().UTC()
	end, asked := w.client.Stream(ctx, request, piece)
	settle, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if err := q.SettleTokens(settle, assistdb.SettleTokensParams{
		Difference: int64(end.Usage.Total()) - most,
		Month:      month.Format("2006-01") + "-01",
	}); err != nil {
		return errors.Join(asked, err)
	}
	return asked
}
