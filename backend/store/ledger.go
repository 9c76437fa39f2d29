package store

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm/clause"
)

// QueueMember is a membership of a queue that this server has made (row D4). It must
// outlive a crash: what is not noted here is never ended.
type QueueMember struct {
	Queue     string `gorm:"primaryKey"`
	Interface string `gorm:"primaryKey"` // "PJSIP/201"
	Operator  string
	Added     int64 // Unix milliseconds
}

// TableName is gorm's.
func (QueueMember) TableName() string { return "queue_members" }

// Pause is an agent's pause. It outlives the server, so that its restart brings nobody
// back to work.
type Pause struct {
	Operator string `gorm:"primaryKey"`
	Reason   string // "" for none
	Since    int64  // Unix milliseconds
}

// TableName is gorm's.
func (Pause) TableName() string { return "pauses" }

// QueueMembers are all memberships, in no order.
func (s *Store) QueueMembers(ctx context.Context) (all []QueueMember, err error) {
	if err := s.state.WithContext(ctx).Find(&all).Error; err != nil {
		return nil, fmt.Errorf("read memberships: %w", err)
	}
	return all, nil
}

// PutQueueMember notes a membership; it is in the file when it returns.
func (s *Store) PutQueueMember(ctx context.Context, queue, iface, operator string) error {
	row := QueueMember{queue, iface, operator, time.Now().UnixMilli()}
	if err := s.state.WithContext(ctx).Clauses(clause.OnConflict{UpdateAll: true}).Create(&row).Error; err != nil {
		return fmt.Errorf("note membership: %w", err)
	}
	return nil
}

// DeleteQueueMember forgets a membership; one that is not there is forgotten already.
func (s *Store) DeleteQueueMember(ctx context.Context, queue, iface string) error {
	if err := s.state.WithContext(ctx).Where("queue = ? AND interface = ?", queue, iface).Delete(&QueueMember{}).Error; err != nil {
		return fmt.Errorf("forget membership: %w", err)
	}
	return nil
}

// Pauses are all pauses, in no order.
func (s *Store) Pauses(ctx context.Context) (all []Pause, err error) {
	if err := s.state.WithContext(ctx).Find(&all).Error; err != nil {
		return nil, fmt.Errorf("read pauses: %w", err)
	}
	return all, nil
}

// PutPause notes an agent's pause, instead of the one he had.
func (s *Store) PutPause(ctx context.Context, operator, reason string, since time.Time) error {
	row := Pause{operator, reason, since.UnixMilli()}
	if err := s.state.WithContext(ctx).Clauses(clause.OnConflict{UpdateAll: true}).Create(&row).Error; err != nil {
		return fmt.Errorf("note pause: %w", err)
	}
	return nil
}

// DeletePause forgets an agent's pause; one that is not there is forgotten already.
func (s *Store) DeletePause(ctx context.Context, operator string) error {
	if err := s.state.WithContext(ctx).Where("operator = ?", operator).Delete(&Pause{}).Error; err != nil {
		return fmt.Errorf("forget pause: %w", err)
	}
	return nil
}
