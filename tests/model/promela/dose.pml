/* One dose between a controller and a board that may each die at any step: a second opinion.
 *
 * Written from the protocol of the safety page (prepare, consent, commit, start, done, resolve;
 * evidence; fence; epochs), not from the code. Never two pieces, no outcome that is a lie, no
 * motion without a durable START, a durable COMMIT, a press in this boot and an open window,
 * numbers that rise, a DONE that never changes; and every run ends in an outcome.
 *
 * The cable is a set of sentences that were ever said: each may be heard late, twice, out of order
 * or never, and nobody can tell an old one from a new one. Every step of either side is atomic, and
 * a death may come between any two. One sensor breaks, or one misfortune happens, at any moment.
 * The supply of pieces never ends, so that a second exposure is seen as a second piece.
 *
 * Bounds: ORDERS numbers, CRASHES of the controller, RESETS of the board, PRESSES of the patient.
 * A mutant is switched on by its name: -DNO_FENCE and so on (run.py has the list).
 */

#ifndef ORDERS
#define ORDERS 3
#endif
#ifndef CRASHES
#define CRASHES 1
#endif
#ifndef RESETS
#define RESETS 1
#endif
#ifndef PRESSES
#define PRESSES 2
#endif
#define RETRIES 2               /* a fill is asked for again at most so often */
#define SIZE 4                  /* arrays over orders 1..3; epochs are bits 1..7 */

/* states of the board's order, and verdicts */
#define PREPARED 1              /* 0: no order yet */
#define STARTED 2
#define DONE 3
#define RELEASED 1
#define NOT_RELEASED 2
#define REFUSED 3
#define UNCERTAIN 4

/* outcomes of the dose */
#define OPEN 0
#define TAKEN 1
#define MISSED 2
#define HELD 3
#define DOUBT 4

/* places of the tray */
#define HOME 0
#define BETWEEN 1
#define TARGET 2

/* one of these happens, at any moment or never */
#define ODOMETER_DEAD 1         /* counts nothing */
#define ODOMETER_LIES 2         /* counts a piece that never fell */
#define ENCODER_STUCK 3         /* keeps its present reading */
#define SCALE_STUCK 4           /* keeps its present reading */
#define CUP_LIFTED 5            /* latched: the weight tells nothing from then on */
#define JAM 6                   /* the tray stops half way */
#define PIECE_CLINGS 7          /* nothing falls from an open gate */
#define PIECE_LOST 8            /* falls past the beam, but not into the cup */

/* the world */
byte trouble;                   /* 0: nothing yet */
byte tray, fell;                /* truth */
byte drops, in_cup, stuck;      /* the odometer is latched; stuck: what a stuck sensor reads */
bool gate, lifted, window_shut;
byte agreed_order, agreed_epoch; /* what the newest press was meant for */

/* the board: what outlives a reset, then what does not */
byte b_order, b_state, b_epoch = 1, b_prep_epoch, b_pre_drops, b_pre_weight;
bool b_spent, b_pre_lifted;
bool up = true, pressed, in_time;
byte step;                      /* of a cycle, 0: at rest */

/* the controller: journal, then memory */
byte j_top, j_commit, j_tries, outcome;
bool j_open;                    /* a COMMIT without a verdict */
byte c_order, c_epoch, c_stage; /* 0 nothing, 1 asked, 2 committed, 3 start said, 4 resolving */

/* the cable: everything that was ever said */
bool said_prepare[SIZE], said_resolve[SIZE];
byte said_start[SIZE], told_consent[SIZE];   /* a bit for each epoch */
byte told_done[SIZE];                        /* the verdict */

byte crashes, resets, presses;

#define ENCODER (trouble == ENCODER_STUCK -> stuck : tray)
#define SCALE (trouble == SCALE_STUCK -> stuck : in_cup)
#define NEWEST (j_top > b_order -> j_top : b_order)

/* what the board asks for before PREPARE and again before START */
#define SOUND (!b_spent && ENCODER == HOME && !gate && SCALE == 0 && !lifted)
#ifdef NO_DEADLINE
#define MAY (SOUND)
#else
#define MAY (SOUND && !window_shut)
#endif

inline done(verdict)
{
    assert(told_done[b_order] == 0 || told_done[b_order] == verdict);   /* P7: final */
    b_state = DONE;
    told_done[b_order] = verdict
}

/* A piece lets go. In a reset the light of the beam goes out: it may pass unseen. */
inline fall(by_cut)
{
    fell++;
    assert(fell <= 1);                              /* I1: never two */
    assert(outcome != MISSED && outcome != HELD);   /* I3a: no outcome becomes a lie */
    if
    :: trouble != ODOMETER_DEAD -> drops++
    :: trouble == ODOMETER_DEAD || by_cut -> skip
    fi;
    if
    :: trouble == PIECE_LOST -> skip
    :: else -> in_cup++
    fi
}

/* P8: encoder, drops, weight; whatever does not agree is uncertain. */
#define COUNTED (drops - b_pre_drops)
#define WEIGHED (SCALE - b_pre_weight)
#define KNOWN (lifted == b_pre_lifted)
inline judge()
{
    if
#ifdef ASSUME_NOT
    :: COUNTED == 1 && WEIGHED == 1 -> done(RELEASED)
    :: else -> b_spent = false; done(NOT_RELEASED)
#else
#ifdef ODOMETER_ONLY
    :: COUNTED == 1 -> done(RELEASED)
    :: else -> b_spent = false; done(NOT_RELEASED)
#else
    :: ENCODER == HOME && COUNTED == 0 && KNOWN && WEIGHED == 0 -> b_spent = false; done(NOT_RELEASED)
    :: ENCODER == TARGET && KNOWN && WEIGHED == 1 && COUNTED <= 1 -> done(RELEASED)
    :: ENCODER == BETWEEN && KNOWN && WEIGHED == 1 && COUNTED == 1 -> done(RELEASED)
    :: else -> done(UNCERTAIN)
#endif
#endif
    fi
}

#ifdef NUMBER_NOT_KEPT
#define NEWER(n) (b_state == DONE || n > b_order)
#else
#define NEWER(n) (n > b_order)
#endif

#define HEAR_PREPARE(n) \
    atomic { up && !step && b_state != STARTED && said_prepare[n] && NEWER(n) && MAY -> \
        assert(n > b_order); /* I7: numbers rise */ \
        b_order = n; b_state = PREPARED; b_prep_epoch = b_epoch; pressed = false; \
        b_pre_drops = drops; b_pre_weight = SCALE; b_pre_lifted = lifted }

#ifdef NO_FENCE
#define HEAR_RESOLVE(n) \
    atomic { up && !step && b_state != STARTED && said_resolve[n] && !told_done[n] -> \
        told_done[n] = REFUSED }
#else
#define HEAR_RESOLVE(n) \
    atomic { up && !step && b_state != STARTED && said_resolve[n] && \
             (n > b_order || (n == b_order && b_state == PREPARED)) -> \
        b_order = n; done(REFUSED) }
#endif

#ifdef NO_EPOCH
#define COVERED (said_start[b_order] != 0)
#else
#define COVERED ((said_start[b_order] & (1 << b_epoch)) && b_prep_epoch == b_epoch && pressed)
#endif

active proctype Board()
{
end:
    do
    :: HEAR_PREPARE(1)
    :: HEAR_PREPARE(2)
    :: HEAR_PREPARE(3)
    :: HEAR_RESOLVE(1)
    :: HEAR_RESOLVE(2)
    :: HEAR_RESOLVE(3)

    /* START is durable before anything turns; the pre-evidence is taken anew */
    :: atomic { up && !step && b_state == PREPARED && COVERED && MAY ->
#ifndef START_NOT_DURABLE
        b_state = STARTED; b_spent = true;
#endif
        b_pre_drops = drops; b_pre_weight = SCALE; b_pre_lifted = lifted;
        in_time = !window_shut; step = 1 }

    /* the cycle: turn, stop there, open, fall, close, judge, home */
    :: atomic { up && step == 1 ->
#ifndef START_NOT_DURABLE
        assert(b_state == STARTED);                                 /* I6 */
#endif
#ifndef COMMIT_NOT_JOURNALED
        assert(j_commit >= b_order);                                /* I6 */
#endif
        assert(in_time);                                            /* I2 */
        assert(agreed_order == b_order && agreed_epoch == b_epoch); /* consent of this boot */
        tray = BETWEEN; step = 2 }
    :: atomic { up && step == 2 ->
        if
        :: trouble == JAM -> step = 6
        :: else -> tray = TARGET; step = 3
        fi }
    :: atomic { up && step == 3 ->
        if
        :: ENCODER == TARGET && lifted == b_pre_lifted -> gate = true; step = 4
        :: else -> step = 6
        fi }
    :: atomic { up && step == 4 ->
        if
        :: trouble == PIECE_CLINGS -> skip
        :: else -> fall(false)
        fi;
        step = 5 }
    :: atomic { up && step == 5 -> gate = false; step = 6 }
    :: atomic { up && step == 6 -> judge(); step = 7 }
    :: atomic { up && step == 7 ->
        if
        :: trouble == JAM && tray == BETWEEN -> skip
        :: else -> tray = HOME
        fi;
        step = 0 }

    /* dies: outputs fall to their safe side; what hangs over the closing gate may fall or not */
    :: atomic { up && resets < RESETS ->
        resets++; up = false; pressed = false;
        if
        :: gate && step == 4 && trouble != PIECE_CLINGS -> fall(true)
        :: skip
        fi;
        gate = false; step = 0 }

    /* boots: what was started is judged before anything else; PREPARED does not outlive a reset */
    :: atomic { !up ->
        up = true; b_epoch++;
        if
        :: b_state == STARTED -> judge(); step = 7
        :: b_state == PREPARED ->
#ifdef PREPARED_SURVIVES
            b_prep_epoch = b_epoch; pressed = true; told_consent[b_order] = told_consent[b_order] | (1 << b_epoch)
#else
#ifdef NO_EPOCH
            skip
#else
#ifdef START_NOT_DURABLE
            step = 7; done(REFUSED)
#else
            done(REFUSED)
#endif
#endif
#endif
        :: else -> step = 7
        fi }
    od
}

#define COMMIT(e) \
    atomic { c_stage == 1 && !window_shut && (told_consent[c_order] & (1 << e)) -> \
        c_epoch = e; c_stage = 2; JOURNAL_COMMIT }
#ifdef COMMIT_NOT_JOURNALED
#define JOURNAL_COMMIT skip
#else
#define JOURNAL_COMMIT j_commit = c_order; j_top = c_order; j_open = true
#endif

active proctype Controller()
{
end:
    do
    /* a number above all that the journal or a fresh word of the board knows */
    :: atomic { !outcome && !window_shut && !c_stage && up && NEWEST < ORDERS ->
        c_order = 1 + NEWEST; c_stage = 1; said_prepare[c_order] = true }

    /* the press was told: look again, journal COMMIT, only then say START */
    :: COMMIT(1)
    :: COMMIT(2)
    :: COMMIT(3)
    :: atomic { c_stage == 2 ->
        said_start[c_order] = said_start[c_order] | (1 << c_epoch); c_stage = 3 }

    /* doubt: the answer does not come */
    :: atomic { c_stage == 1 || c_stage == 3 -> said_resolve[c_order] = true; c_stage = 4 }

    /* a verdict is told: outcome and end of the order in one transaction */
    :: atomic { c_stage && told_done[c_order] ->
        if
        :: told_done[c_order] == RELEASED -> assert(fell == 1); outcome = TAKEN
        :: told_done[c_order] == UNCERTAIN -> outcome = DOUBT
        :: else -> j_tries++;
            if
            :: j_tries > RETRIES -> assert(fell == 0); outcome = HELD
            :: else
            fi
        fi;
        j_top = c_order; j_open = false; c_order = 0; c_stage = 0 }

    /* the window ends; what was committed and has no verdict is never closed by time */
#ifdef CLOSED_BY_TIME
    :: atomic { !outcome && window_shut ->
#else
    :: atomic { !outcome && window_shut && !j_open && c_stage != 2 && c_stage != 3 ->
#endif
        assert(fell == 0); outcome = MISSED; c_stage = 0; c_order = 0 }

    /* dies; the next one first resolves what its journal says is open */
    :: atomic { !outcome && crashes < CRASHES ->
        crashes++; c_order = 0; c_stage = 0; c_epoch = 0;
        if
        :: j_open -> c_order = j_commit; c_stage = 4; said_resolve[c_order] = true
        :: else
        fi }
    od
}

active proctype Patient()
{
end:
    do
    :: atomic { up && !step && b_state == PREPARED && b_prep_epoch == b_epoch && !pressed && presses < PRESSES ->
        presses++; pressed = true; agreed_order = b_order; agreed_epoch = b_epoch;
        told_consent[b_order] = told_consent[b_order] | (1 << b_epoch) }
    od
}

active proctype Fate()
{
end:
    do
    :: atomic { !window_shut -> window_shut = true }
    :: atomic { !trouble ->
        if
        :: trouble = ODOMETER_DEAD
        :: trouble = ODOMETER_LIES; drops++
        :: stuck = tray; trouble = ENCODER_STUCK
        :: stuck = in_cup; trouble = SCALE_STUCK
        :: trouble = CUP_LIFTED; lifted = true; in_cup = 0
        :: trouble = JAM
        :: trouble = PIECE_CLINGS
        :: trouble = PIECE_LOST
        fi }
    od
}

/* No run loops, so the end of every run is where nothing can happen any more. */
active proctype Watch()
{
#ifdef REACH
    timeout -> assert(outcome != REACH)     /* expected to fail: such an end exists */
#else
    timeout -> assert(outcome != OPEN)
#endif
}

ltl ends { <> (outcome != OPEN) }
