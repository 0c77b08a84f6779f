package serve

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"parley/app/domain/identity"
	"parley/app/domain/org"
	"parley/app/domain/team"
	"parley/app/platform/events"
	"parley/app/platform/fail"
	"parley/app/platform/mail"
	"parley/app/platform/validate"

	"github.com/google/uuid"
)

// openForOrganization opens what a command needs that makes an organization, and reads the organization's name. The caller closes it.
func openForOrganization(ctx context.Context, cfg Config, given string) (h *Services, mailer *mail.Mailer, name string, err error) {
	if mailer, err = mail.NewMailer(cfg.SMTPURL); err != nil {
		return nil, nil, "", err
	}
	if name, err = validate.Name("a name for the organization", given, 200); err != nil {
		return nil, nil, "", err
	}
	h, err = openServices(ctx, cfg)
	return h, mailer, name, err
}

// CreateOrganization is "parley organization".
func CreateOrganization(ctx context.Context, cfg Config, args []string, out io.Writer) error {
	cfg = cfg.withRunningCluster()
	h, mailer, name, err := openForOrganization(ctx, cfg, args[0])
	if err != nil {
		return err
	}
	defer h.close()
	ctx = events.WithOrigin(ctx, events.Origin{Via: events.CommandLine})
	id, secret, err := createWithOwner(ctx, h.Org, h.Identity, name, args[1], mailer.IsOff())
	if err != nil {
		return formErrors(err)
	}
	if secret == "" {
		fmt.Fprintf(out, "The organization %s was created (%s). Its owner logs in with the existing password of %s.\n", name, id, args[1])
		return nil
	}
	link := cfg.PublicURL + "/reset/" + secret
	if mailer.IsOff() {
		fmt.Fprintf(out, "The organization %s was created. Its owner can choose a password within an hour:\n%s\n", name, link)
		return nil
	}
	return sendLink(ctx, mailer, args[1], "Your new organization on Parley", name, link, out)
}

// createWithOwner creates an organization with an owner who chooses a password by a link. An owner who has a proven
// login keeps its password.
func createWithOwner(
	ctx context.Context, orgs *org.Service, members *identity.Service, name, email string, shown bool,
) (id, secret string, err error) {
	user, err := members.CreateOwner(ctx, email, func(ctx context.Context) (uuid.UUID, error) {
		found, err := orgs.CreateOrganization(ctx, name)
		id = found.String()
		return found, err
	})
	if err != nil || user.Known {
		return id, "", err
	}
	link := members.CreateForgottenPasswordLink
	if shown {
		link = members.CreateOperatorResetLink
	}
	l, err := link(ctx, email)
	return id, l.Secret, err
}

// InviteOrganization is "parley invite".
func InviteOrganization(ctx context.Context, cfg Config, args []string, out io.Writer) error {
	cfg = cfg.withRunningCluster()
	if cfg.signUpMode() == team.SignUpClosed {
		return errors.New(`SIGNUP is "closed", so the link would be refused. Set SIGNUP=invite for the servers and for ` +
			`this command, or create the organization with "parley organization"`)
	}
	h, mailer, name, err := openForOrganization(ctx, cfg, args[0])
	if err != nil {
		return err
	}
	defer h.close()
	in := identity.SignUp{Name: strings.Split(args[1], "@")[0], Email: args[1]}
	if err := h.Identity.CheckSignUpAddress(&in); err != nil {
		return formErrors(err)
	}
	l, err := h.Identity.InviteOwner(ctx, name, in)
	if err != nil {
		return err
	}
	link := cfg.PublicURL + "/signup/" + l.Secret
	if mailer.IsOff() {
		fmt.Fprintf(out, "%s can create the organization %s within a day:\n%s\n", in.Email, name, link)
		return nil
	}
	return sendLink(ctx, mailer, in.Email, "Your new organization on Parley", name, link, out)
}

func sendLink(ctx context.Context, m *mail.Mailer, to, subject, name, link string, out io.Writer) error {
	if err := m.Send(ctx, mail.Message{To: to, Subject: subject, Text: "An organization is ready for you on Parley: " + name +
		".\nTo start, choose a password:\n\n" + link + "\n\nIf you did not expect this, ignore this email.\n"}); err != nil {
		return fmt.Errorf(
			"the link could not be sent to %s: %w. Run this command again when the mail server can be reached, or use: parley reset-link %s",
			to, err, to)
	}
	fmt.Fprintf(out, "The link was sent to %s.\n", to)
	return nil
}

// formErrors returns the messages of all fields as one line.
func formErrors(err error) error {
	e := fail.As(err)
	if e == nil || len(e.Fields) == 0 {
		return err
	}
	var all []string
	for _, message := range e.Fields {
		all = append(all, message)
	}
	slices.Sort(all)
	return errors.New(strings.Join(all, " "))
}

// PrintResetLink prints a link that sets a new password for an address. The error says if no account has it.
func PrintResetLink(ctx context.Context, cfg Config, email string, out io.Writer) error {
	if cfg.PublicURL == "" {
		cfg.PublicURL = fmt.Sprintf("http://localhost:%d", cfg.Port)
	}
	h, err := openServices(ctx, cfg.withRunningCluster())
	if err != nil {
		return err
	}
	defer h.close()
	l, err := h.Identity.CreateOperatorResetLink(ctx, email)
	if err != nil {
		return err
	}
	if l.Secret == "" {
		return errors.New("no account has this address")
	}
	_, err = fmt.Fprintf(out, "This link sets a new password for %s in all organizations. It works once, within an hour:\n%s/reset/%s\n",
		l.Email, cfg.PublicURL, l.Secret)
	return err
}
