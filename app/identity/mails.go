package identity

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"parley/app/fail"
)

// Limits on the mails that an organization may have sent to people within a day, counted over all processes.
const (
	mailWindow       = 24 * time.Hour
	transcriptsADay  = 5   // that an organization's visitors can send to one address
	transcriptsOfOrg = 500 // and in all
)

// CountMail counts one mail of an organization, and refuses it with fail.Busy if that would be too many in a day.
func (r *Room) CountMail(ctx context.Context, org uuid.UUID) error {
	n, left, err := r.db.Doors().Attempt(ctx, key("mail of", org.String()), mailWindow)
	if l := r.limits; err != nil || l.MailsUnverified == 0 || n <= l.MailsUnverified {
		return err
	}
	verified, err := r.db.Doors().Verified(ctx, org)
	if err != nil || verified && (n <= r.limits.Mails || r.limits.Mails == 0) {
		return err
	}
	if verified {
		return &fail.Error{Kind: fail.Busy, RetryAfter: left, Message: "Your organization has sent " + strconv.Itoa(r.limits.Mails) +
			" mails in a day, which is as many as it may. Nothing was sent; try again " + in(left) + "."}
	}
	return &fail.Error{Kind: fail.Busy, RetryAfter: left, Message: "Your organization has sent " + strconv.Itoa(r.limits.MailsUnverified) +
		" mails in a day, which is as many as it may until an owner's address is verified. Nothing was sent. " +
		"To verify it, an owner logs out, chooses “Forgot your password?” and opens the mailed link. Otherwise try again " + in(left) + "."}
}

// CountTranscript counts one conversation that an organization's visitor has mailed to an address, as CountMail does.
func (r *Room) CountTranscript(ctx context.Context, org uuid.UUID, to string) error {
	for _, l := range []struct {
		key  []byte
		most int
	}{
		{key("transcript to", org.String(), strings.ToLower(to)), transcriptsADay},
		{key("transcripts of", org.String()), transcriptsOfOrg},
	} {
		n, left, err := r.db.Doors().Attempt(ctx, l.key, mailWindow)
		if err != nil {
			return err
		}
		if n > l.most {
			return &fail.Error{Kind: fail.Busy, RetryAfter: left,
				Message: "Several conversations have been mailed to this address today. Please save this one as a text instead."}
		}
	}
	return r.CountMail(ctx, org)
}

func in(left time.Duration) string {
	if left > 90*time.Minute {
		return "in " + strconv.Itoa(int(left.Hours()+0.5)) + " hours"
	}
	return "in " + minutes(left)
}
