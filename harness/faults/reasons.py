"""Why each fault matters, in a sentence or two for those who ask (`harness explain`)."""

from __future__ import annotations

WHY: dict[str, str] = {
    "refuse": (
        "A host's port is closed while its process restarts. Terminals that dial in step, or take "
        "cards meanwhile, make an outage of it."
    ),
    "syn_blackhole": (
        "A firewall that drops instead of refusing answers no dial at all: only the terminal's "
        "own connect timer ends the attempt."
    ),
    "accept_then_close": (
        "A load balancer without a host behind it accepts and hangs up. A terminal that takes an "
        "open connection for a working host comes back at once, for ever."
    ),
    "accept_never_read": (
        "A frozen process still has a kernel that accepts for it. TCP is in order, nobody is "
        "there: the incident this harness is about begins so."
    ),
    "slow_accept": (
        "An overloaded host answers dials late. Who gives up too early makes the queue longer, "
        "who never gives up waits with the customer."
    ),
    "fin_idle": (
        "Firewalls and balancers end connections on which nothing passed for a while. It must "
        "cost nobody's withdrawal."
    ),
    "fin_mid_request": (
        "The host dies while it reads. Half a request is no request, and the terminal cannot know "
        "how much arrived."
    ),
    "fin_mid_response": (
        "The host has booked and dies while it answers. Half an approval pays nothing, and the "
        "booking must be reversed."
    ),
    "rst": (
        "A restarted host resets what it no longer knows. A wait on a dead connection must end at "
        "once."
    ),
    "half_close": (
        "One side has said that it sends no more and goes on reading. A request that is still "
        "sent gets no answer."
    ),
    "half_open": (
        "The other end is gone and nobody told: a crashed router, a pulled cable. TCP alone "
        "notices after hours."
    ),
    "one_way_partition": (
        "Requests arrive and are booked, answers never come back: each withdrawal in that time is "
        "a debit without cash."
    ),
    "flap": (
        "A bad line comes and goes. Each time, sign-on, reversals and customers must find their "
        "order again."
    ),
    "connection_limit": (
        "A host takes so many connections and no more. The rest of the fleet must wait without a "
        "card inside."
    ),
    "tls_fail": (
        "A certificate has run out. Nothing can be said any more, and nothing must be said in "
        "clear."
    ),
    "latency": (
        "Lines over satellite or mobile networks take their time. Time alone must break nothing, "
        "as long as it is under the timer."
    ),
    "jitter": (
        "Delays vary. What assumes that answers come in the order and at the pace of yesterday "
        "fails tomorrow."
    ),
    "throttle": "A narrow line delivers a message in pieces over seconds.",
    "slice": (
        "TCP knows no messages: a frame may come one byte at a time. Who reads once and takes "
        "what is there reads half."
    ),
    "coalesce": (
        "Two messages may come in one read. Who takes one read for one message loses the second."
    ),
    "stall_after_n": "A transfer stops in the middle and goes on later, or never.",
    "truncate_after_n": "A connection ends after so many bytes, wherever that is in a message.",
    "bitflip": (
        "Memory and lines turn bits over. One bit makes an approval of a decline; only the MAC "
        "sees it."
    ),
    "drop_bytes": (
        "Bytes that get lost shift everything after them: the length still says what there was."
    ),
    "insert_bytes": (
        "Bytes too many shift everything after them, and the next frame begins in the middle of "
        "this one."
    ),
    "len_short": (
        "A length that is too small cuts the message and makes the rest a frame of its own."
    ),
    "len_long": (
        "A length that is too great waits for bytes that never come, and takes them from the next "
        "message."
    ),
    "len_zero": "A frame of no bytes is a heartbeat to some and the end of the world to others.",
    "len_max": (
        "The greatest length there is: who trusts it waits for ever, or gives it all the memory."
    ),
    "wrong_endianness": (
        "Two bytes in the other order: the classic of the first day with a new partner."
    ),
    "inclusive_len": (
        "Some count the header in the length and some do not. The difference is two bytes, from "
        "the first message on."
    ),
    "header_garbage": (
        "A header that is no header: what follows cannot be delimited, and the link has to be "
        "closed."
    ),
    "partial_frame_hang": (
        "Half a frame and then silence, with the connection open: only a timer ends it."
    ),
    "trailing_bytes": "Bytes after a frame that are none. What was right before them still counts.",
    "two_frames_one_write": "Two frames in one write are two messages.",
    "drop_request": (
        "The request never arrives: nothing is booked, and the terminal cannot know that."
    ),
    "drop_response": (
        "The host has booked, and the terminal does not know: the debit that only a reversal "
        "undoes."
    ),
    "dup_request": (
        "A switch repeats what it was not sure of. Booked twice, it is the customer's money."
    ),
    "dup_response": "An answer that comes twice must pay once.",
    "late_response": "The approval comes after the abort: valid, signed, and worth nothing.",
    "reorder": (
        "Frames on two paths overtake each other: a reversal may come before what it reverses."
    ),
    "replay_old": (
        "An answer of yesterday, correctly signed, matches today's STAN: a wrap, or an attack."
    ),
    "unsolicited": (
        "A message nobody asked for. Dispensing on it would be a gift to whoever can send one."
    ),
    "bad_mti": "A type nobody knows is counted and dropped; it must not end the conversation.",
    "bad_bitmap": (
        "A bitmap that announces other fields than there are makes sense of nonsense, if one lets "
        "it."
    ),
    "missing_field": (
        "An answer without its STAN or its code looks complete to whoever does not look."
    ),
    "bad_llvar": "A field that says it is longer than the message.",
    "bad_charset": "Letters where digits belong: parsed leniently, they become an amount.",
    "bad_mac": (
        "A wrong MAC is a wrong key, a damaged line, or an attack, and looks the same in all three."
    ),
    "wrong_stan": (
        "An answer to somebody else's question. It must be dropped, and must not start the timer "
        "anew."
    ),
    "wrong_rrn": (
        "The reference number contradicts the rest: what does not match in one thing does not "
        "match."
    ),
    "wrong_terminal": "Cross-talk in a switch: the approval of the machine next door.",
    "wrong_amount": "An approval of another amount than was asked for is no approval of this one.",
    "partial_approval": (
        "The host approves less than was asked for. Who pays what was asked for pays the rest "
        "himself."
    ),
    "other_fields": (
        "No two hosts fill the same elements. Who needs one that the standard leaves free takes a "
        "right answer for a damaged one, and reverses what was approved."
    ),
    "host_answers": (
        "A host has some sixty codes to say no with, and a terminal meets most of them years after "
        "it was built. Each row of the table means another thing for the card, the PIN and the "
        "reversal."
    ),
    "host_asks": (
        "Hosts send echoes, key changes and cutovers of their own. A terminal that does not answer "
        "is hung up on, and one that loses its place in the conversation keeps the card."
    ),
    "before_sign_on": (
        "Lines deliver late, on whatever connection stands by then. A host that serves what comes "
        "before the sign-on serves somebody of whom it does not know yet who he is."
    ),
    "stranger_asks": (
        "Whoever writes to the line has the keys of a terminal, or a faulty program. A host that "
        "serves a message which is incomplete, of another currency, or at odds with what it knows "
        "books what nobody asked for."
    ),
    "unknown_code": "A code no list knows is neither yes nor no; the host may have booked.",
    "approve_after_reversal": (
        "An approval that was stuck somewhere comes when all is settled: the money was given back "
        "long ago, and who pays now pays for nothing."
    ),
    "reversal_ack_lost": (
        "The reversal was booked and its answer got lost: it is repeated, and must not be booked "
        "again."
    ),
    "reversal_declined": (
        "A host that declines a reversal holds money it has no right to. It must be neither "
        "dropped nor block the others."
    ),
    "double_post": (
        "A host under load takes one request twice at the same time, before it has posted it once."
    ),
    "stale_date": "A message with the date of days ago: a replay, or a clock that is wrong.",
    "silent": "The incident itself: the host reads, may even book, and never answers.",
    "slow": (
        "Answers around the timer: some in time, some a moment too late, each of them booked. Or "
        "booked when the terminal has given up, just before its reversal or just after."
    ),
    "hang_after_n": (
        "The host stops and keeps what it read. On thaw it answers all of it at once, minutes too "
        "late."
    ),
    "crash_before_commit": (
        "What was not committed has not happened, although the customer is waiting for it."
    ),
    "crash_after_commit": "What was committed has happened, although nobody was told.",
    "crash_restart": "The host is gone and comes back, with its books and without its connections.",
    "issuer_down": (
        "The host is there, and the bank behind it is not. An answer is quick, and it is no."
    ),
    "brownout": (
        "Part of the answers never come. The worst kind of outage, as every monitor is green half "
        "the time."
    ),
    "echo_only": (
        "Echoes are answered and requests are not: the link looks well, and no withdrawal succeeds."
    ),
    "sign_on_refused": (
        "The host lets nobody in. Machines must wait without a card inside, and not hammer at the "
        "door."
    ),
    "key_change_midflight": "The MAC's key changes while messages are under way.",
    "just_before_timeout": "An answer at the last moment is in time, and must be paid.",
    "just_after_timeout": "An answer a moment too late is late, and must not be paid.",
    "exact_tie": (
        "Answer and timer in the same instant: one of the two must win, and always the same one."
    ),
    "clock_skew": "A machine's clock is wrong. DE 7 and DE 12 are names, not facts.",
    "clock_step": (
        "A clock is set while messages are under way: a repeat must keep the time it had."
    ),
    "dst_change": "In one night of the year an hour comes twice.",
    "year_rollover": (
        "DE 7 knows no year: on New Year's Eve yesterday's key looks like next year's."
    ),
    "process_pause": (
        "A process stands still and goes on with an old idea of the time: what came meanwhile may "
        "be late."
    ),
    "eject_jam": (
        "The motor runs and the card stays. One retry, then it is captured, and the machine stops "
        "serving."
    ),
    "dispense_short": (
        "Fewer notes than approved, truthfully reported: the customer owes what was taken, no more."
    ),
    "dispense_unknown": (
        "Nobody can say what left. Then nothing may be reversed by itself: a person must count."
    ),
    "retract_fail": "Cash that could not be drawn back in lies in a slot in a street.",
    "power_cut": (
        "The mains fail between any two operations. What matters is on the disk, in the "
        "dispenser's counters, or lost."
    ),
    "customer_leaves_card": "People forget their card. It must not lie in the slot all night.",
    "customer_leaves_cash": (
        "People forget their cash. It is drawn back, counted, and booked back by what was counted."
    ),
    "customer_dawdles": (
        "People look for their glasses. Whoever takes longer than the machine gets the card back, "
        "and whoever takes it too late finds it captured."
    ),
    "unreadable_card": (
        "A dirty stripe, a worn chip, a card put in upside down: it happens every few minutes, and "
        "the card has to come back."
    ),
    "worn_card": (
        "A worn card is read at the third attempt. Around the end of the reader's timer the card "
        "is on its way out while the reader still reads."
    ),
    "expired_card": "Cards expire on the last day of a month, and people try them on the first.",
    "hotlisted_card": (
        "A stolen card is stopped. The terminal that holds the list must keep it, also while the "
        "issuer cannot be asked."
    ),
    "customer_forgets_pin": (
        "Three tries, and neither a fourth nor one that was counted for the customer before."
    ),
    "customer_slow": (
        "Who needs half a minute for each key never lets the timer of the keys run out. Only the "
        "timer of the session ends that visit."
    ),
    "customer_hurried": (
        "Who types ahead of the machine loses the first digits. A PIN that is too short must be "
        "asked for again, and must stop nothing."
    ),
    "customer_cancels": "Cancel is pressed at any step, and during the wait it must do nothing.",
    "customer_walks_off": (
        "People walk off in the middle of it. Their card and their session wait for the next one."
    ),
    "customer_holds_card": (
        "A hand is stronger than the motor that draws the card in. Who wins, the device decides."
    ),
    "customer_takes_part": (
        "An old trick: take some of the notes, leave the others, and claim that none came. What "
        "was drawn back in is reversed, and no cent more."
    ),
    "hand_tie": (
        "A hand and a timer meet: the card goes in as the machine closes, is taken as it is to be "
        "captured. What the device says has happened, has."
    ),
    "motor_slow": (
        "A motor that is worn takes longer. Who gives up too early keeps a card that was about to "
        "come out, who never gives up keeps the customer."
    ),
    "motor_hangs": (
        "A motor stands still, and its controller says nothing. Only the machine's own timer tells "
        "it, and where the notes are only the dispenser's counters know."
    ),
    "operator_stop": (
        "A machine that does wrong has to stop at once, whatever it is doing just then, and the "
        "card that is inside has to come out."
    ),
    "operator_resume": (
        "Orders come twice, late or to the wrong machine. One that has nothing to resume goes on."
    ),
    "service_visit": (
        "Somebody comes to fill the cassettes. What goes in has to be counted, and no customer's "
        "card may be inside."
    ),
    "store_stalls": (
        "A disk that is worn answers after seconds. Until it does nobody knows whether a power cut "
        "would find the record, and a machine that goes on all the same pays what it forgets."
    ),
    "mains_fail": (
        "The power of a street fails while a card lies at the slot, or a hand reaches for cash. "
        "The machine has to find out from its sensors and its store what had happened."
    ),
    "planned_restart": (
        "A new version goes out. The machine is stopped, empty, restarted, and serves only when it "
        "is told to."
    ),
    "region_partition": (
        "One region loses its network. What is judged fleet-wide must hold there, and elsewhere "
        "as if nothing were."
    ),
    "mass_disconnect": "All connections end in one instant: the worst beginning of a recovery.",
    "thundering_reconnect": "All come back in one instant, and take down what had just recovered.",
    "rolling_restart": "A new version goes out, one after the other, in the middle of the day.",
    "failover": "The standby takes over. What the first had answered it must know.",
    "split_brain": "Both think they are the only one, and both book.",
    "staggered_heal": "An outage that heals region by region brings load in waves.",
    "broker_down": "The way to the fleet is gone; the machines must go on by themselves.",
    "broker_partition": "A region cannot be commanded. It must not wait for that.",
    "operator_commands": "A fleet is told to stop, in whatever state each machine is.",
    "remote_command": "A command comes when it comes: while a card moves, or a request waits.",
    "command_lost": "A machine that was told nothing is not to blame, and nobody may believe it.",
    "command_delayed": "What was commanded for one moment comes in another one.",
    "command_twice": "A broker may deliver once more. A second restart would meet a customer.",
    "command_late": "Yesterday's stop must not stop a machine today.",
    "command_misaddressed": "A slip of the desk must not stop a machine that nobody meant.",
}
