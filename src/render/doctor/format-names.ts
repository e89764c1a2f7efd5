/** Formats of `doctor` as they are typed, apart from their code: help and flags want the names alone. The first is the default. */
export const doctorFormatNames = ['table', 'short', 'junit', 'github', 'markdown'] as const
export type DoctorFormat = (typeof doctorFormatNames)[number]
