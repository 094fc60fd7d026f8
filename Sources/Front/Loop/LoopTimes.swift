import Linux

/// The limits' times in milliseconds of the loop's clock.
struct LoopTimes {
  let head: Int64
  let stall: Int64
  let idle: Int64
  let connect: Int64
  let refusal: Int64
  let pool: Int64
  let hold: Int64

  init(_ limits: FrontLimits) {
    head = limits.headTime.milliseconds
    stall = limits.stallTime.milliseconds
    idle = limits.idleTime.milliseconds
    connect = limits.connectTime.milliseconds
    refusal = limits.refusalTime.milliseconds
    pool = limits.poolTime.milliseconds
    hold = limits.holdTime.milliseconds
  }
}
