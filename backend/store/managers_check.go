package store

import (
	"errors"
	"fmt"
	"net/mail"
	"slices"
	"strings"

	"github.com/asteriskcti/asteriskcti/backend/config"
	"github.com/asteriskcti/asteriskcti/backend/password"
)

// maxEmail is the length of an address in bytes (RFC 5321, 4.5.3.1).
const maxEmail = 254

// CheckManager tells what is wrong with a draft. The user id and the full name have the
// grammar of an operator's.
func CheckManager(d ManagerDraft) config.Faults {
	faults := config.CheckOperator(config.ImportedOperator{Operator: config.Operator{Username: d.UserID, FullName: d.FullName}})
	for i := range faults {
		faults[i].Kind = config.KindManager
		faults[i].Where = "manager" + strings.TrimPrefix(faults[i].Where, "operator")
	}
	fault := func(field, code, message string) {
		faults = append(faults, managerFault(d.UserID, field, code, message))
	}
	if d.Email != "" {
		if a, err := mail.ParseAddress(d.Email); len(d.Email) > maxEmail || err != nil || a.Name != "" || a.Address != d.Email {
			fault("email", "manager.email", "is not an e-mail address alone, like ada@example.com")
		}
	}
	if !slices.Contains([]string{RoleAdministrator, RoleEditor, RoleViewer}, d.Role) {
		fault("role", "manager.role", "is not administrator, editor or viewer")
	}
	if d.Password != "" {
		if err := password.CheckManagerPassword(d.Password, d.UserID); err != nil {
			faults = append(faults, passwordFault(d.UserID, err))
		}
	}
	return faults
}

func managerFault(userID, field, code, message string) config.Fault {
	return config.Fault{
		Where: fmt.Sprintf("manager %q, %s", userID, field), Message: message,
		Kind: config.KindManager, Name: userID, Field: field, Code: code,
	}
}

// passwordFault is the fault of an error of password.CheckManagerPassword.
func passwordFault(userID string, err error) config.Fault {
	code := ""
	switch {
	case errors.Is(err, password.ErrShort):
		code = "manager.password-short"
	case errors.Is(err, password.ErrLong):
		code = "manager.password-long"
	case errors.Is(err, password.ErrChars):
		code = "manager.password-characters"
	case errors.Is(err, password.ErrCommon):
		code = "manager.password-common"
	case errors.Is(err, password.ErrUserID):
		code = "manager.password-username"
	}
	return managerFault(userID, "password", code, err.Error())
}
