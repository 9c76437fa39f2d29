package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/config"
	passwords "github.com/asteriskcti/asteriskcti/backend/password"
	"github.com/asteriskcti/asteriskcti/backend/settings"
	"github.com/asteriskcti/asteriskcti/backend/store"
)

// resetPath is the page of a reset link; the token follows.
const resetPath = "/admin/reset?token="

type managerCmd struct {
	Create    managerCreateCmd  `cmd:"" help:"Make a manager; the first one needs no other."`
	ResetLink managerLinkCmd    `cmd:"" help:"Print a link by which a manager gives himself a new password."`
	List      managerListCmd    `cmd:"" help:"List the managers."`
	Disable   managerDisableCmd `cmd:"" help:"Let a manager in no more, and sign him out everywhere."`
	Enable    managerEnableCmd  `cmd:"" help:"Let a manager in again."`
	DropTotp  managerTOTPCmd    `cmd:"" help:"Ask a manager for no more one-time codes: he has lost his telephone."`
}

// Help of manager: who may, and where it is noted.
func (c *managerCmd) Help() string {
	return "All of them may be used while the server runs, by the user it runs as: \"sudo -u astcti astcti manager …\". The folder is data_dir of the boot " +
		"file, so --config is enough.\n\nWhat is done here is kept in the folder, and the running server, or the next one, writes it into the audit. " +
		"Exit status 0: done. 1: not, and nothing was changed."
}

// managerFolder is the data folder of every sub-command, and the boot file that names it.
type managerFolder struct {
	bootFile
	Data string `help:"The data folder; default data_dir of the boot file." env:"ASTCTI_DATA_DIR" type:"path" placeholder:"DIR"`
}

// open opens the folder for f, with store.Open or store.OpenExisting.
func (d *managerFolder) open(ctx context.Context, with func(ctx context.Context, dir string) (*store.Store, error), f func(*store.Store) error) error {
	in := folder{Data: d.Data}
	if in.Data == "" {
		s, err := d.settings()
		if err != nil {
			return err
		}
		in.Data = s.DataDir
	}
	err := in.open(ctx, with, f)
	if errors.Is(err, store.ErrNothing) {
		return fmt.Errorf("data folder %s: no server has used it yet; give that of the server, by --data or --config", in.Data)
	}
	return err
}

func (d *managerFolder) settings() (settings.Settings, error) {
	s, _, err := settings.Load(d.Config, os.Environ())
	return s, err
}

// link prints a reset link alone, for scripts.
func (d *managerFolder) link(ctx context.Context, st *store.Store, id int64) error {
	s, err := d.settings()
	if err != nil {
		return err
	}
	base := strings.TrimRight(s.HTTP.PublicURL, "/")
	if base == "" {
		base, _ = local(s.HTTP)
	}
	token, err := st.NewResetToken(ctx, st.CommandLine(), id)
	if errors.Is(err, store.ErrGone) {
		return errors.New("he is disabled or was removed: \"astcti manager enable\" him first")
	} else if err != nil {
		return err
	}
	fmt.Println(base + resetPath + token)
	fmt.Fprintf(os.Stderr, "astcti: it can be used once, within %.0f minutes; one made earlier is void\n", store.ResetTokenTTL.Minutes())
	if s.HTTP.PublicURL == "" {
		fmt.Fprintln(os.Stderr, "astcti: it leads to http.listen; other machines need http.public_url in the boot file, see --config")
	}
	return nil
}

// manager finds one by user id.
func manager(ctx context.Context, st *store.Store, userID string) (store.ManagerDraft, error) {
	m, err := st.ManagerByUserID(ctx, userID)
	if errors.Is(err, store.ErrGone) {
		return store.ManagerDraft{}, fmt.Errorf("there is no manager %q; \"astcti manager list\" shows who there is", userID)
	} else if err != nil {
		return store.ManagerDraft{}, err
	}
	return st.Manager(ctx, m.ID)
}

type managerCreateCmd struct {
	managerFolder
	UserID   string `arg:"" name:"user" help:"The user id to sign in with: letters, digits and . _ @ -."`
	FullName string `help:"The full name; default the user id." placeholder:"NAME"`
	Email    string `help:"The e-mail address, for reset links." placeholder:"ADDRESS"`
	Role     string `help:"administrator: everything; editor: the configuration; viewer: looks on." enum:"administrator,editor,viewer" default:"administrator"`
	Link     bool   `help:"Ask for no password: print a link by which the manager gives himself one."`
}

// Help of create: where the password comes from.
func (c *managerCreateCmd) Help() string {
	return fmt.Sprintf("The password is asked for on the terminal, or is one line on standard input; it has %d to %d characters, and needs no digits or signs.",
		passwords.MinManagerPassword, passwords.MaxManagerPassword)
}

// Run makes one manager.
func (c *managerCreateCmd) Run(ctx context.Context) error {
	return c.open(ctx, store.Open, func(st *store.Store) error {
		if there, err := st.ManagerByUserID(ctx, c.UserID); err == nil {
			return fmt.Errorf("there is a manager %q already; \"astcti manager reset-link\" gives a new password", there.UserID)
		}
		d := store.ManagerDraft{UserID: c.UserID, FullName: c.FullName, Email: c.Email, Role: c.Role, Enabled: true}
		if d.FullName == "" {
			d.FullName = c.UserID
		}
		if !c.Link {
			var err error
			if d.Password, err = newPassword(ctx); err != nil {
				return fmt.Errorf("password: %w", err)
			}
			if err := passwords.CheckManagerPassword(d.Password, d.UserID); err != nil { // one that is empty, too
				return fmt.Errorf("password: %w", err)
			}
		}
		saved, err := st.SaveManager(ctx, st.CommandLine(), d)
		if faults, ok := errors.AsType[config.Faults](err); ok {
			return faults
		} else if err != nil {
			return err
		}
		if c.Link {
			return c.link(ctx, st, saved.ID)
		}
		fmt.Printf("made %s %s, who can sign in now\n", saved.Role, saved.UserID)
		return nil
	})
}

// newPassword asks twice at a terminal, and reads a line elsewhere.
func newPassword(ctx context.Context) (string, error) {
	if !isTerminal(os.Stdin) {
		const most = 4 * passwords.MaxManagerPassword
		line, err := bufio.NewReader(io.LimitReader(os.Stdin, most+2)).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return "", err
		}
		return strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r"), nil
	}
	first, err := prompt(ctx, fmt.Sprintf("Password, %d characters or more: ", passwords.MinManagerPassword))
	if err != nil {
		return "", err
	}
	again, err := prompt(ctx, "Again: ")
	if err != nil {
		return "", err
	}
	if first != again {
		return "", errors.New("the two differ")
	}
	return first, nil
}

// managerUser is a manager who is there.
type managerUser struct {
	managerFolder
	UserID string `arg:"" name:"user" help:"The user id."`
}

// edit finds the manager and hands him to f.
func (c *managerUser) edit(ctx context.Context, f func(*store.Store, store.ManagerDraft) error) error {
	return c.open(ctx, store.OpenExisting, func(st *store.Store) error {
		d, err := manager(ctx, st, c.UserID)
		if err != nil {
			return err
		}
		return f(st, d)
	})
}

// enable saves one bit and says what it did.
func (c *managerUser) enable(ctx context.Context, enabled bool, did string) error {
	return c.edit(ctx, func(st *store.Store, d store.ManagerDraft) error {
		d.Enabled = enabled
		if _, err := st.SaveManager(ctx, st.CommandLine(), d); err != nil {
			return err
		}
		fmt.Println(did, d.UserID)
		return nil
	})
}

type managerLinkCmd struct{ managerUser }

// Help of reset-link: what the link does.
func (c *managerLinkCmd) Help() string {
	return "The link is made of http.public_url, or of http.listen when there is none; --config names the boot file they are in. " +
		"Until it is used the password holds; using it signs the manager out everywhere."
}

// Run prints the link.
func (c *managerLinkCmd) Run(ctx context.Context) error {
	return c.edit(ctx, func(st *store.Store, d store.ManagerDraft) error { return c.link(ctx, st, d.ID) })
}

type managerDisableCmd struct{ managerUser }

// Run disables.
func (c *managerDisableCmd) Run(ctx context.Context) error { return c.enable(ctx, false, "disabled") }

type managerEnableCmd struct{ managerUser }

// Run enables.
func (c *managerEnableCmd) Run(ctx context.Context) error { return c.enable(ctx, true, "enabled") }

type managerTOTPCmd struct{ managerUser }

// Run drops the secret of one-time codes.
func (c *managerTOTPCmd) Run(ctx context.Context) error {
	return c.edit(ctx, func(st *store.Store, d store.ManagerDraft) error {
		if err := st.DropTOTP(ctx, st.CommandLine(), d.ID); err != nil {
			return err
		}
		fmt.Println("no one-time codes for", d.UserID)
		return nil
	})
}

type managerListCmd struct{ managerFolder }

// Run lists all, by user id.
func (c *managerListCmd) Run(ctx context.Context) error {
	return c.open(ctx, store.OpenExisting, func(st *store.Store) error {
		if empty, err := st.ManagersEmpty(ctx); err != nil {
			return err
		} else if empty {
			fmt.Println("there is no manager yet; \"astcti manager create\" makes one")
			return nil
		}
		w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "USER\tNAME\tROLE\tE-MAIL\tSTATE\tONE-TIME CODES\tLAST SEEN")
		for n, page := 0, 1; ; page++ {
			list, err := st.Managers(ctx, store.ListQuery{Page: page, Size: 500})
			if err != nil {
				return err
			}
			for _, m := range list.Rows {
				seen := "never"
				if !m.LastSeen.IsZero() {
					seen = m.LastSeen.Local().Format(time.DateTime)
				}
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", m.UserID, m.FullName, m.Role, orDash(m.Email), managerState(m), map[bool]string{true: "yes", false: "no"}[m.TOTP], seen)
			}
			if n += len(list.Rows); len(list.Rows) == 0 || n >= list.Total {
				break
			}
		}
		return w.Flush()
	})
}

func managerState(m store.Manager) string {
	switch {
	case !m.Enabled:
		return "disabled"
	case !m.Password:
		return "without password"
	}
	return "enabled"
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
