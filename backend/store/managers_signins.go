package store

import (
	"bytes"
	"context"
	"fmt"
	"time"
)

// SignIn is one of a manager's sign-ins, as he sees them.
type SignIn struct {
	ManagerSession
	This bool // the one he looks from
}

// SignIns lists a manager's sign-ins that still hold, the one of a token first and then
// the last used first.
func (s *Store) SignIns(ctx context.Context, managerID int64, token string) ([]SignIn, error) {
	this := hashToken(token)
	idle, longest := s.managerLimits()
	var rows []managerSessionRow
	err := s.managers.WithContext(ctx).Where("manager_id = ? AND seen > ? AND created > ?", managerID, idle, longest).
		Order("seen DESC, created DESC").Limit(batch).Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("list sign-ins of manager: %w", err)
	}
	list := make([]SignIn, 0, len(rows))
	for _, r := range rows {
		one := SignIn{
			ManagerSession: ManagerSession{Created: time.UnixMilli(r.Created), Seen: time.UnixMilli(r.Seen), Address: r.Address, Agent: r.Agent},
			This:           bytes.Equal(r.Token, this[:]),
		}
		if one.This {
			list = append([]SignIn{one}, list...)
			continue
		}
		list = append(list, one)
	}
	return list, nil
}
