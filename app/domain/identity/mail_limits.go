package identity

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"parley/app/platform/fail"
)

// Limits on the mails that an organization may have sent to people within a day, counted over all processes.
const (
	mailWindow                 = 24 * time.Hour
	transcriptsPerAddress      = 5   // that an organization's visitors can send to one address
	transcriptsPerOrganization = 500 // and in all
)

// CountMail counts one mail of an organization, and refuses it with fail.Busy if that would be too many in a day.
func (s *Service) CountMail(ctx context.Context, org uuid.UUID) error {
	n, left, err := s.db.Unscoped().CountAttempt(ctx, attemptKey("mail of", org.String()), mailWindow)
	if l := s.limits; err != nil || l.MailsUnverified == 0 || n <= l.MailsUnverified {
		return err
	}
	verified, err := s.db.Unscoped().IsOrganizationVerified(ctx, org)
	if err != nil || verified && (n <= s.limits.Mails || s.limits.Mails == 0) {
		return err
	}
	if verified {
		return &fail.Error{Kind: fail.Busy, RetryAfter: left, Message: "Your organization has sent " + strconv.Itoa(s.limits.Mails) +
			" emails within a day, which is the limit. Nothing was sent. Try again " + formatWait(left) + "."}
	}
	return &fail.Error{
		Kind:       fail.Busy,
		RetryAfter: left,
		Message: "Your organization has sent " + strconv.Itoa(s.limits.MailsUnverified) +
			" emails within a day, which is the limit until an owner's address is verified. Nothing was sent. " +
			"To verify it, an owner logs out, chooses “Forgot your password?” and opens the link in the email. " +
			"Otherwise try again " + formatWait(left) + ".",
	}
}

// CountTranscript counts one conversation that an organization's visitor has mailed to an address, as CountMail does.
func (s *Service) CountTranscript(ctx context.Context, org uuid.UUID, to string) error {
	for _, l := range []struct {
		key  []byte
		most int
	}{
		{attemptKey("transcript to", org.String(), strings.ToLower(to)), transcriptsPerAddress},
		{attemptKey("transcripts of", org.String()), transcriptsPerOrganization},
	} {
		n, left, err := s.db.Unscoped().CountAttempt(ctx, l.key, mailWindow)
		if err != nil {
			return err
		}
		if n > l.most {
			return &fail.Error{Kind: fail.Busy, RetryAfter: left,
				Message: "Too many conversations have been sent to this address today. Save this one as text instead."}
		}
	}
	return s.CountMail(ctx, org)
}

func formatWait(left time.Duration) string {
	if left > 90*time.Minute {
		return "in " + strconv.Itoa(int(left.Hours()+0.5)) + " hours"
	}
	return "in " + formatMinutes(left)
}
